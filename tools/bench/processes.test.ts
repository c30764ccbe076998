import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { median, medianWallTimes } from './processes.ts';

it('takes the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 20])).toBe(3);
  expect(median([4, 1, 2, 30])).toBe(3);
  expect(median([])).toBeNaN();
});

it('lets the commands take turns, each round beginning with another one', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'turns-'));
  try {
    const order = path.join(folder, 'order');
    const append = (name: string) => ['sh', '-c', `printf ${name} >> ${order}`] as const;
    const times = medianWallTimes({ a: append('a'), b: append('b') }, 3);
    expect(await readFile(order, 'utf8')).toBe('abbaabba');
    expect(times).toEqual({ a: expect.any(Number), b: expect.any(Number) });
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('gives no time to a command that fails, and says what it said', () => {
  const failing = { x: ['sh', '-c', 'echo broken >&2; exit 3'] } as const;
  expect(() => medianWallTimes(failing, 1)).toThrow(/exit 3: broken/);
  expect(() => medianWallTimes({ x: ['/nowhere/to/be/found'] }, 1)).toThrow(/ENOENT/);
});

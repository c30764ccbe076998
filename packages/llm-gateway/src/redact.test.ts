import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { redactStream, redact as redactWhole } from './redact.ts';

const SECRET = 'sk-abcabcd';

async function redact(chunks: string[]): Promise<string[]> {
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  const out: string[] = [];
  for await (const chunk of redactStream(stream, SECRET)) {
    out.push(chunk.toString());
  }
  return out;
}

test('a secret is cut out wherever chunks split it', async () => {
  const text = `${SECRET}-sk-abc${SECRET}${SECRET}.`;
  for (let size = 1; size <= text.length; size++) {
    const chunks = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
    expect((await redact(chunks)).join('')).toBe('[redacted]-sk-abc[redacted][redacted].');
  }
});

test('a chunk without the beginning of the secret goes on at once', async () => {
  expect(await redact(['data: 1\n\n', 'data: 2\n\n'])).toEqual(['data: 1\n\n', 'data: 2\n\n']);
});

test('a beginning that comes to nothing is not lost', async () => {
  expect((await redact(['see sk-abc'])).join('')).toBe('see sk-abc');
});

test('a whole body loses every secret in it, and is the same without one', () => {
  expect(redactWhole(Buffer.from(`${SECRET} and ${SECRET}`), SECRET).toString()).toBe(
    '[redacted] and [redacted]',
  );
  const clean = Buffer.from('nothing');
  expect(redactWhole(clean, SECRET)).toBe(clean);
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Benchmark, Measurement } from './benchmark.ts';
import { bench } from './command.ts';

const good: Measurement = {
  what: 'commit',
  unit: 'ms',
  ours: 12,
  peers: { s5cmd: 1000 },
  goal: { peer: 's5cmd', atMost: 0.05 },
};
const bad: Measurement = { ...good, what: 'restore', ours: 600 };

function measuring(...measurements: Measurement[]): Benchmark {
  return { description: 'a fixed result', run: async () => measurements };
}

const benchmarks = new Map([
  ['good', measuring(good)],
  ['mixed', measuring(good, bad)],
  ['empty', measuring()],
  [
    'recorded',
    { ...measuring({ ...bad, floor: { peer: 's5cmd', atMost: 0.7 } }), method: 'By hand.' },
  ],
]);

async function run(...args: string[]) {
  const out: string[] = [];
  const error: string[] = [];
  const code = await bench(
    args,
    benchmarks,
    {
      out: (line) => out.push(line),
      error: (line) => error.push(line),
    },
    folder,
  );
  return { code, out: out.join('\n'), error: error.join('\n') };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('bench', () => {
  it('exits with 0 when every row holds', async () => {
    const { code, out } = await run('good');
    expect(code).toBe(0);
    expect(out).toMatch(/^commit {2}12 ms {2}s5cmd 1,000 {2}≤ 1\/20 × s5cmd {2}holds$/m);
  });

  it('exits with 1 when one row of several does not hold, and marks it', async () => {
    const { code, out } = await run('mixed');
    expect(code).toBe(1);
    expect(out).toMatch(/^restore .* DOES NOT HOLD$/m);
    expect(out).toMatch(/^commit .* holds$/m);
  });

  it.each([
    ['no name', []],
    ['an unknown name', ['other']],
    ['two names', ['good', 'mixed']],
    ['an unknown flag', ['good', '--fast']],
  ])('exits with 2 and lists the benchmarks for %s', async (_, args) => {
    const { code, error, out } = await run(...args);
    expect(code).toBe(2);
    expect(error).toMatch(/^ {2}good .*\n {2}mixed .*\n {2}empty /m);
    expect(out).toBe('');
  });

  it('fails when nothing was measured', async () => {
    await expect(run('empty')).rejects.toThrow('measured nothing');
  });

  it('writes the report as JSON, with machine, figures, goals and verdicts', async () => {
    const file = path.join(folder, 'report.json');
    await run('mixed', '--json', file);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      name: 'mixed',
      machine: {
        cpu: expect.any(String),
        cores: expect.any(Number),
        memory: expect.any(Number),
        system: expect.any(String),
        node: process.versions.node,
        load: expect.any(Number),
      },
      rows: [
        { ...good, holds: true },
        { ...bad, holds: false },
      ],
    });
  });

  it('records a benchmark with a method as JSON and as a Markdown table, goal and floor apart', async () => {
    await run('good');
    expect(await readdir(folder)).not.toContain('good.md');
    const { code, out } = await run('recorded');
    expect(code).toBe(1);
    expect(out).toMatch(/≤ 1\/20 × s5cmd {2}DOES NOT HOLD {2}≤ 0.7 × s5cmd {2}holds$/m);
    expect(await readFile(path.join(folder, 'recorded.md'), 'utf8')).toContain(
      'By hand.\n\n| what | ours | peers | goal | verdict | floor | verdict |',
    );
    expect(JSON.parse(await readFile(path.join(folder, 'recorded.json'), 'utf8')).rows).toEqual([
      { ...bad, floor: { peer: 's5cmd', atMost: 0.7 }, holds: false, floorHolds: true },
    ]);
  });
});

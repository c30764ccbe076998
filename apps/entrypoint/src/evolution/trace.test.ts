import { type AttemptRecord, emptyLedger } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import type { IterationEvent } from '../runner/protocol.ts';
import { lineageOf, readTrace, Trace } from './trace.ts';

const ledger = (done: number) => ({ ...emptyLedger(20), done, lastIteration: done });

function iteration(number: number, done: number): IterationEvent {
  return {
    event: 'iteration',
    iteration: number,
    id: null,
    parent: null,
    island: null,
    score: null,
    metrics: null,
    seconds: 1,
    tokens: { prompt: 0, completion: 0 },
    error: 'no reply',
    is_best: false,
    ledger: ledger(done),
  };
}

async function numbersIn(store: MemoryStore, lineage: Map<number, number>): Promise<number[]> {
  const text = new TextDecoder().decode(await readTrace(store, lineage, () => undefined));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { iteration: number }).iteration);
}

it('stores what a commit holds, and the rest with a later one', async () => {
  const store = new MemoryStore();
  const trace = new Trace(store, 1);
  trace.add(iteration(2, 1));
  trace.add(iteration(1, 2));
  trace.add(iteration(3, 3));
  await trace.store(ledger(2));
  expect(await numbersIn(store, new Map([[1, 20]]))).toEqual([2, 1]);
  await trace.store(ledger(2));
  await trace.store(ledger(3));
  expect(await numbersIn(store, new Map([[1, 20]]))).toEqual([2, 1, 3]);
});

it('leaves out what an attempt did after the commit from which the job went on', async () => {
  const store = new MemoryStore();
  const killed = new Trace(store, 1);
  for (const done of [1, 2, 3, 4]) {
    killed.add(iteration(done, done));
  }
  await killed.store(ledger(4));
  const next = new Trace(store, 11);
  next.add(iteration(5, 3));
  next.add(iteration(6, 4));
  await next.store(ledger(4));
  expect(
    await numbersIn(
      store,
      new Map([
        [11, 4],
        [1, 2],
      ]),
    ),
  ).toEqual([1, 2, 5, 6]);
});

const attempt = (generation: number, from?: { generation: number; iterationsDone: number }) =>
  ({ generation, resumedFrom: from ? { commit: 1, ...from } : null }) as AttemptRecord;

it('follows the attempts back over the commits that they resumed from', () => {
  const attempts = [
    attempt(1),
    attempt(4, { generation: 1, iterationsDone: 10 }),
    attempt(9, { generation: 1, iterationsDone: 8 }),
    attempt(12, { generation: 9, iterationsDone: 15 }),
  ];
  expect(lineageOf(attempts, 20)).toEqual(
    new Map([
      [12, 20],
      [9, 15],
      [1, 8],
    ]),
  );
});

it('goes past attempts that were killed before they had saved anything', () => {
  const attempts = [attempt(1), attempt(2), attempt(3, { generation: 1, iterationsDone: 4 })];
  expect(lineageOf(attempts, 6)).toEqual(
    new Map([
      [3, 6],
      [1, 4],
    ]),
  );
});

it('leaves out lines that are damaged, says so, and keeps the rest', async () => {
  const store = new MemoryStore();
  const trace = new Trace(store, 1);
  trace.add(iteration(1, 1));
  await trace.store(ledger(1));
  await store.put('trace/1-2.jsonl', new TextEncoder().encode('{"done":2}\n{"do\n[]\n'));
  const problems: string[] = [];
  const text = await readTrace(store, new Map([[1, 9]]), (problem) => problems.push(problem));
  expect(new TextDecoder().decode(text).trim().split('\n')).toHaveLength(2);
  expect(problems).toEqual([expect.stringMatching(/^2 lines of trace\/1-2\.jsonl/)]);
});

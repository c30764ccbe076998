import { emptyLedger } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import type { IterationEvent } from '../runner/protocol.ts';
import { readTrace, Trace } from './trace.ts';

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

async function numbersIn(store: MemoryStore): Promise<number[]> {
  const text = new TextDecoder().decode(await readTrace(store));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { iteration: number }).iteration);
}

it('stores iterations only once a commit holds them', async () => {
  const store = new MemoryStore();
  const trace = new Trace(store, 1);
  trace.add(iteration(2, 1));
  trace.add(iteration(1, 2));
  trace.add(iteration(3, 3));
  await trace.store(ledger(2));
  expect(await numbersIn(store)).toEqual([2, 1]);
  await trace.store(ledger(2));
  await trace.store(ledger(3));
  expect(await numbersIn(store)).toEqual([2, 1, 3]);
});

it('reads the segments of all attempts in the order in which they were made', async () => {
  const store = new MemoryStore();
  for (const [generation, first] of [
    [2, 1],
    [11, 4],
  ] as const) {
    const trace = new Trace(store, generation);
    for (let number = first; number < first + 3; number += 1) {
      trace.add(iteration(number, number));
      await trace.store(ledger(number));
    }
  }
  expect(await numbersIn(store)).toEqual([1, 2, 3, 4, 5, 6]);
});

import type { AttemptRecord, Ledger } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys, traceSegmentOfKey } from '@openevolve-aws/s3-layout';
import { z } from 'zod';
import type { IterationEvent } from '../runner/protocol.ts';

/**
 * The per-iteration trace of one attempt: JSON lines, stored in segments right before the commit
 * that holds their iterations. A kill in between leaves lines that no commit holds; whoever reads
 * the trace leaves them out.
 */
export class Trace {
  readonly #outputs: ObjectStore;
  readonly #generation: number;
  readonly #waiting: { done: number; line: string }[] = [];
  #segment = 1;

  constructor(outputs: ObjectStore, generation: number) {
    this.#outputs = outputs;
    this.#generation = generation;
  }

  add(event: IterationEvent): void {
    const { event: _event, ledger, ...iteration } = event;
    const { done } = ledger;
    const line = { at: new Date().toISOString(), generation: this.#generation, done, ...iteration };
    this.#waiting.push({ done, line: JSON.stringify(line) });
  }

  /** Stores what a commit is about to hold. After a failure the next call stores it. */
  async store(committed: Ledger): Promise<void> {
    const count = this.#waiting.filter(({ done }) => done <= committed.done).length;
    if (count === 0) {
      return;
    }
    const lines = this.#waiting.slice(0, count).map(({ line }) => line);
    const body = new TextEncoder().encode(`${lines.join('\n')}\n`);
    await this.#outputs.put(outputKeys.trace(this.#generation, this.#segment), body);
    this.#segment += 1;
    this.#waiting.splice(0, count);
  }
}

/** How many iterations were done when the job went on from an attempt elsewhere, by generation. */
export type Lineage = ReadonlyMap<number, number>;

/**
 * Which part of which attempt the job is made of: from the last attempt back over the commits that
 * each one resumed from.
 *
 * @param attempts oldest first; the last one is the one that ends.
 * @param done iterations at the end.
 * @example
 * lineageOf(records, 60); // Map { 7 => 60, 1 => 42 }: 42 iterations of generation 1, then 18 of 7
 */
export function lineageOf(attempts: readonly AttemptRecord[], done: number): Lineage {
  const lineage = new Map<number, number>();
  let next = attempts.at(-1);
  let until = done;
  while (next && !lineage.has(next.generation)) {
    lineage.set(next.generation, until);
    const from = next.resumedFrom;
    until = from?.iterationsDone ?? 0;
    next = from ? attempts.find(({ generation }) => generation === from.generation) : undefined;
  }
  return lineage;
}

const lineSchema = z.looseObject({ done: z.int().min(1) });

/**
 * The trace of the whole job, one line an iteration, in the order in which they finished.
 *
 * @param lineage says which lines belong to it.
 * @param onProblem told of a segment with lines that cannot be read: they are left out, since the
 *   results are more than their trace.
 */
export async function readTrace(
  outputs: ObjectStore,
  lineage: Lineage,
  onProblem: (problem: string) => void,
): Promise<Uint8Array> {
  const segments: { key: string; generation: number; number: number }[] = [];
  for await (const { key } of outputs.list(outputKeys.traces)) {
    const segment = traceSegmentOfKey(key);
    if (segment && lineage.has(segment.generation)) {
      segments.push({ key, ...segment });
    }
  }
  segments.sort((a, b) => a.generation - b.generation || a.number - b.number);
  const lines = new Map<number, string>();
  for (const { key, generation } of segments) {
    const content = new TextDecoder().decode(await outputs.get(key));
    let unreadable = 0;
    for (const line of content.split('\n').filter((text) => text !== '')) {
      const done = doneOf(line);
      if (done === null) {
        unreadable += 1;
      } else if (done <= (lineage.get(generation) ?? 0)) {
        lines.set(done, line);
      }
    }
    if (unreadable > 0) {
      onProblem(`${unreadable} lines of ${key} are damaged and left out of the trace.`);
    }
  }
  const inOrder = [...lines].sort(([a], [b]) => a - b).map(([, line]) => `${line}\n`);
  return new TextEncoder().encode(inOrder.join(''));
}

function doneOf(line: string): number | null {
  try {
    return lineSchema.parse(JSON.parse(line)).done;
  } catch {
    return null;
  }
}

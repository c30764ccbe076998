import type { Ledger } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import type { IterationEvent } from '../runner/protocol.ts';

/**
 * The per-iteration trace of one attempt: JSON lines, stored in segments. Only iterations that a
 * commit holds are stored: those that a kill takes are tried again, and would stand there twice.
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
    const line = { at: new Date().toISOString(), generation: this.#generation, ...iteration };
    this.#waiting.push({ done: ledger.done, line: JSON.stringify(line) });
  }

  /** Stores what a commit holds. After a failure the next call stores it. */
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

/** All segments of all attempts, in the order of their generations and numbers. */
export async function readTrace(outputs: ObjectStore): Promise<Uint8Array> {
  const segments: { key: string; order: readonly [number, number] }[] = [];
  for await (const { key } of outputs.list('trace/')) {
    const match = /^trace\/(\d+)-(\d+)\.jsonl$/.exec(key);
    if (match) {
      segments.push({ key, order: [Number(match[1]), Number(match[2])] });
    }
  }
  segments.sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1]);
  const bodies: Uint8Array[] = [];
  for (const { key } of segments) {
    bodies.push(await outputs.get(key));
  }
  return Buffer.concat(bodies);
}

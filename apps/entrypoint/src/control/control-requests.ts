import { type Control, controlSchema, JobSpecError, parseDocument } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { controlNumberOfKey, inputKeys } from '@openevolve-aws/s3-layout';

/** The control requests of a job, read as they come; each document once. */
export class ControlRequests {
  readonly #inputs: ObjectStore;
  /** Null for a document that cannot be read: it is passed over. */
  readonly #known = new Map<number, Control | null>();
  readonly #onProblem: (message: string) => void;

  /** @param onProblem told once of each document that cannot be read. */
  constructor(inputs: ObjectStore, onProblem: (message: string) => void) {
    this.#inputs = inputs;
    this.#onProblem = onProblem;
  }

  /** All requests so far, in the order of their numbers. */
  async read(signal?: AbortSignal): Promise<Control[]> {
    for await (const { key } of this.#inputs.list(inputKeys.controls, { signal })) {
      const number = controlNumberOfKey(key);
      if (number !== null && !this.#known.has(number)) {
        this.#known.set(number, await this.#take(key, number, signal));
      }
    }
    return [...this.#known.values()]
      .filter((control) => control !== null)
      .sort((a, b) => a.number - b.number);
  }

  async #take(
    key: string,
    number: number,
    signal: AbortSignal | undefined,
  ): Promise<Control | null> {
    const content = await this.#inputs.get(key, { signal });
    try {
      const control = parseDocument(controlSchema, content, key);
      if (control.number !== number) {
        throw new JobSpecError('INVALID_DOCUMENT', `it says that it is number ${control.number}.`);
      }
      return control;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#onProblem(`The request ${key} cannot be carried out: ${why}`);
      return null;
    }
  }
}

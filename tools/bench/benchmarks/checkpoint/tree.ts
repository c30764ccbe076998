import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, Population } from './population.ts';

/** Programs that the next checkpoint has more. */
export const ADDED = 10;

/** A checkpoint of some size in a folder of its own, and those that follow. */
export class Tree {
  readonly size: number;
  readonly first: Checkpoint;
  readonly #folder: string;
  readonly #population = new Population();
  #written = 0;

  constructor(folder: string, size: number) {
    this.size = size;
    this.#folder = folder;
    this.first = this.#population.write(join(folder, 'first'), size);
  }

  /**
   * Writes the checkpoint that follows, with files that are new each time as after a run's next
   * save, and passes it on; then it is removed.
   */
  async withNext<T>(use: (next: string) => Promise<T>): Promise<T> {
    const { directory } = this.after(this.first);
    try {
      return await use(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  after(previous: Checkpoint): Checkpoint {
    const directory = join(this.#folder, `next-${++this.#written}`);
    return this.#population.write(directory, previous.size + ADDED, previous);
  }
}

/** What a checkpoint has that another has not, file after file by path. */
export function newContent(directory: string, before: string): Buffer {
  const files = (root: string) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(root, path)).isFile())
      .sort((left, right) => (left < right ? -1 : 1));
  const read = (root: string, path: string) => readFileSync(join(root, path), 'latin1');
  const known = new Set(files(before).map((path) => read(before, path)));
  const contents = files(directory).map((path) => read(directory, path));
  return Buffer.from(contents.filter((content) => !known.has(content)).join(''), 'latin1');
}

import type { RunnerEvent } from './protocol.ts';

/** How often to look. A runner that iterates says something every few seconds. */
export const SILENCE_MS = 60_000;
/** Ten minutes: more than the largest checkpoint takes to write. */
const MOST = 10;

/**
 * Notices a runner that says nothing. Evolved code is of the runner's user and can stop it with a
 * signal, after which no limit of the runner's own is in force.
 *
 * Looks are counted, and no time is measured: a machine that was suspended has not been silent.
 */
export class Silence {
  /** Looks since the last event; null before the first iteration, which may take any time. */
  #looks: number | null = null;

  heard(event: RunnerEvent['event']): void {
    if (event === 'started' || this.#looks !== null) {
      this.#looks = 0;
    }
  }

  /** Call it every {@link SILENCE_MS}; says what is to be done with the runner. */
  lasts(): 'nothing' | 'wake' | 'kill' {
    if (this.#looks === null) {
      return 'nothing';
    }
    this.#looks += 1;
    if (this.#looks > MOST) {
      return 'kill';
    }
    return this.#looks > 1 ? 'wake' : 'nothing';
  }
}

/** More than OpenEvolve writes at its busiest, and little enough for a log that is paid for. */
const BYTES_PER_WINDOW = 8 * 1024 * 1024;
const WINDOW_MS = 60_000;

/**
 * Lets through what a program prints up to a number of bytes a minute, and counts the rest, so that
 * evolved code cannot fill the disk or the log.
 */
export class OutputBudget {
  readonly #now: () => number;
  #windowStart: number;
  #used = 0;
  #dropped = 0;

  /** @param now a clock in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#windowStart = now();
  }

  /**
   * Asks for one line.
   *
   * @returns whether it may be shown, and how many lines were left out before it, once.
   */
  take(line: string): { shown: boolean; leftOut: number } {
    let leftOut = 0;
    if (this.#now() - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = this.#now();
      this.#used = 0;
      leftOut = this.#dropped;
      this.#dropped = 0;
    }
    this.#used += line.length + 1;
    const shown = this.#used <= BYTES_PER_WINDOW;
    if (!shown) {
      this.#dropped += 1;
    }
    return { shown, leftOut };
  }
}

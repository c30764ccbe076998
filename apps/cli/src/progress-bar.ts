const WIDTH = 30;
const MB = 1_000_000;

type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** One line that says how much of a download is there; nothing where no person looks. */
export class ProgressBar {
  readonly #stream: Terminal;
  #shown = '';

  constructor(stream: Terminal) {
    this.#stream = stream;
  }

  show(done: number, total: number): void {
    // A line that wraps could not be written over.
    const line = renderBar(done, total).slice(0, (this.#stream.columns || 80) - 1);
    if (this.#stream.isTTY && line !== this.#shown) {
      this.#stream.write(`\r${line}`);
      this.#shown = line;
    }
  }

  /** Makes room for a line of text. */
  clear(): void {
    if (this.#shown !== '') {
      this.#stream.write('\r\u001b[K');
      this.#shown = '';
    }
  }
}

/**
 * Pure.
 *
 * @param done bytes, of `total` bytes.
 * @example
 * renderBar(500_000, 1_000_000); // '[===============               ]  50 %  0.5 of 1.0 MB'
 */
export function renderBar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const bar = '='.repeat(Math.floor(share * WIDTH)).padEnd(WIDTH);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${(done / MB).toFixed(1)} of ${(total / MB).toFixed(1)} MB`;
}

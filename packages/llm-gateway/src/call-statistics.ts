/** How long good replies took, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const REMEMBERED = 1_000;

/** What is known of the calls of the last while. */
export class CallStatistics {
  readonly #latencies: number[] = [];
  #next = 0;

  succeeded(milliseconds: number): void {
    this.#latencies[this.#next] = milliseconds;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  /** Over the last good replies; null before the first. */
  get latency(): Latency | null {
    if (this.#latencies.length === 0) return null;
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (share: number) =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
  }
}

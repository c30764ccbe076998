import type { WriterReport } from './writer-report.ts';

export interface Acknowledged {
  readonly seq: number;
  readonly generation: number;
  readonly digest: string;
}

/** What the writers of one job said, in the order in which they said it. */
export class History {
  /** The digest of every checkpoint of which a commit was begun. */
  readonly attempted = new Set<string>();
  readonly acknowledged: Acknowledged[] = [];

  add(report: WriterReport): void {
    if (report.event === 'committing') this.attempted.add(report.digest);
    if (report.event === 'committed') this.acknowledged.push(report);
  }

  /** The newest acknowledged commit before a place in the log; 0 for none. */
  lastBefore(seq: number): number {
    return Math.max(0, ...this.acknowledged.map((one) => one.seq).filter((one) => one < seq));
  }

  digestAt(seq: number): string | undefined {
    return this.acknowledged.find((one) => one.seq === seq)?.digest;
  }
}

/** What a writer says on its standard output, a line each, before it does anything more. */
export type WriterReport =
  | { readonly event: 'claimed'; readonly generation: number }
  | {
      readonly event: 'restored';
      readonly seq: number;
      readonly digest: string;
      readonly skipped: readonly string[];
    }
  /** A commit begins: from here on its checkpoint may be found. */
  | { readonly event: 'committing'; readonly digest: string }
  /** It is acknowledged: from here on it must be found. */
  | {
      readonly event: 'committed';
      readonly digest: string;
      readonly seq: number;
      readonly generation: number;
    }
  /** The engine's word for why it went no further: `SUPERSEDED`, or that the store gave no answer. */
  | { readonly event: 'failed'; readonly code: string; readonly message: string };

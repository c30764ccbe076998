/** One file of the repository that is made from others and kept in git. */
export interface Generator {
  /** From the root of the repository; the ending tells the formatter the language. */
  readonly path: string;
  /**
   * The whole content, formatted or not; the same sources give the same bytes.
   *
   * @throws {MissingToolError} when it cannot be made on this machine as it is.
   */
  generate(): Promise<string>;
}

/** What a generator needs is not installed. The message says how to get it. */
export class MissingToolError extends Error {
  override readonly name = 'MissingToolError';
}

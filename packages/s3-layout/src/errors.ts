/** What went wrong, for a program to act on. */
export type S3LayoutErrorCode = 'INVALID_OWNER' | 'INVALID_KEY';

/** A name cannot become a key, or a key is not of this layout. Always permanent. */
export class S3LayoutError extends Error {
  override readonly name = 'S3LayoutError';
  readonly code: S3LayoutErrorCode;
  readonly permanent = true;

  constructor(code: S3LayoutErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

import type { ContainerExitName } from '@openevolve-aws/job-spec';

/** What went wrong; the name of the exit code that the container ends with. */
export type EntrypointErrorCode = ContainerExitName;

/** An attempt cannot go on. The message says what, where and what to do next. */
export class EntrypointError extends Error {
  override readonly name = 'EntrypointError';
  readonly code: EntrypointErrorCode;
  readonly permanent: boolean;

  constructor(code: EntrypointErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.permanent = code !== 'GO_ON';
  }
}

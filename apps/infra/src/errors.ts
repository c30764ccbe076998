/** What went wrong, for a program to act on. */
export type InfraErrorCode = 'INVALID_CONFIG' | 'NO_CONFIG' | 'USER_DATA_TOO_LONG';

/** The infrastructure cannot be described as asked. Always permanent: the same request fails again. */
export class InfraError extends Error {
  override readonly name = 'InfraError';
  readonly code: InfraErrorCode;
  readonly permanent = true;

  constructor(code: InfraErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

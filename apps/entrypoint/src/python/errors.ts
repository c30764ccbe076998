/** What kept a Python environment from being made, for a program to act on. */
export type PythonErrorCode =
  /** There is no Python that will do, or it cannot make environments. Permanent. */
  | 'NO_PYTHON'
  /** Packages could not be installed; trying again may help. */
  | 'INSTALL_FAILED';

/** The Python environment cannot be made. The message says what, where and what to do next. */
export class PythonError extends Error {
  override readonly name = 'PythonError';
  readonly code: PythonErrorCode;
  readonly permanent: boolean;

  constructor(code: PythonErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.permanent = code === 'NO_PYTHON';
  }
}

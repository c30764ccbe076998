import { ObjectStoreError, type ObjectStoreErrorCode } from './errors.ts';

const CODES: Readonly<Record<string, ObjectStoreErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  EEXIST: 'ALREADY_EXISTS',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
  EROFS: 'ACCESS_DENIED',
  EISDIR: 'INVALID_KEY',
  ENOTEMPTY: 'INVALID_KEY',
  ENAMETOOLONG: 'INVALID_KEY',
  ELOOP: 'INVALID_KEY',
  ENOSPC: 'OUT_OF_SPACE',
  EDQUOT: 'OUT_OF_SPACE',
  EFBIG: 'OUT_OF_SPACE',
};

const ADVICE: Readonly<Partial<Record<ObjectStoreErrorCode, string>>> = {
  ACCESS_DENIED: 'Check who owns the folder and whether it may be written.',
  INVALID_KEY: 'The key cannot be a file there: it is too long, a folder, or a link.',
  OUT_OF_SPACE: 'Free some space on that disk or raise the quota.',
};

/** A file system's error in the store's terms; a store's own error passes through. */
export function folderError(error: unknown, key: string): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new ObjectStoreError('ABORTED', `${key} was cancelled by its caller.`, { cause: error });
  }
  const code =
    (error instanceof Error && 'code' in error && CODES[String(error.code)]) || 'UNAVAILABLE';
  const advice = ADVICE[code] ? ` ${ADVICE[code]}` : '';
  const detail = error instanceof Error ? error.message : String(error);
  return new ObjectStoreError(code, `${key}: ${detail}.${advice}`, { cause: error });
}

/** Whether an error is the file system's, with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

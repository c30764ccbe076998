import { ObjectStoreError } from './errors.ts';
import type { ByteRange } from './object-store.ts';

/** Refuses a range that is not made of whole, non-negative numbers. */
export function checkRange(range: ByteRange, key: string): void {
  const { offset, length } = range;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new ObjectStoreError(
      'INVALID_RANGE',
      `Offset ${offset} and length ${length} are no range of ${key}.`,
    );
  }
}

/** The error for an object that ends before the range does. */
export function tooShort(range: ByteRange, key: string): ObjectStoreError {
  return new ObjectStoreError(
    'INVALID_RANGE',
    `${key} ends before byte ${range.offset + range.length}. It was cut off or replaced.`,
  );
}

/** A range of a body, without copying. */
export function slice(body: Uint8Array, range: ByteRange, key: string): Uint8Array {
  checkRange(range, key);
  if (range.offset + range.length > body.byteLength) throw tooShort(range, key);
  return body.subarray(range.offset, range.offset + range.length);
}

import type { Readable } from 'node:stream';
import { ObjectStoreError, throwIfAborted } from '../errors.ts';
import type { CallOptions } from '../object-store.ts';
import { s3Error } from './s3-errors.ts';

/** The body of an answer, and where it comes from. */
export interface S3Body {
  readonly bucket: string;
  readonly key: string;
  readonly body: Readable;
  /** How long it must be; undefined when the server did not say. */
  readonly bytes: number | undefined;
}

/**
 * The pieces of a body, and an error at the end when it was cut short: the SDK compares the checksum
 * of a whole object only, and some servers send none.
 */
export async function* bodyPieces(
  { bucket, key, body, bytes }: S3Body,
  { signal }: CallOptions,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const piece of body) {
      throwIfAborted(signal, key);
      received += piece.byteLength;
      yield piece;
    }
  } catch (error) {
    throwIfAborted(signal, key);
    throw s3Error(error, { bucket, key });
  } finally {
    body.destroy();
  }
  if (bytes !== undefined && received !== bytes) {
    throw new ObjectStoreError(
      'UNAVAILABLE',
      `s3://${bucket}/${key}: ${received} of ${bytes} bytes arrived. Read it again.`,
    );
  }
}

/** A whole body. */
export async function readBody(from: S3Body, options: CallOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bodyPieces(from, options)) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  return new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength);
}

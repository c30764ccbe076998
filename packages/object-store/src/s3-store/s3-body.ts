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
 * The pieces of a body, and an error when it is not as long as was announced: the SDK compares the
 * checksum of a whole object only, and some servers send none.
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
      if (bytes !== undefined && received > bytes) break;
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
      `s3://${bucket}/${key}: ${received} bytes arrived where ${bytes} were announced. Read it again.`,
    );
  }
}

/** A whole body, copied once as it arrives when its length is known. */
export async function readBody(from: S3Body, options: CallOptions): Promise<Uint8Array> {
  if (from.bytes === undefined) {
    const pieces: Uint8Array[] = [];
    for await (const piece of bodyPieces(from, options)) pieces.push(piece);
    return Uint8Array.from(Buffer.concat(pieces));
  }
  const whole = new Uint8Array(from.bytes);
  let filled = 0;
  for await (const piece of bodyPieces(from, options)) {
    whole.set(piece, filled);
    filled += piece.byteLength;
  }
  return whole;
}

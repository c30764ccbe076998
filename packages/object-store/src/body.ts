import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ObjectStoreError } from './errors.ts';

/** A large body that can be read again from its beginning, so that an upload can be repeated. */
export interface StreamBody {
  readonly bytes: number;
  open(): AsyncIterable<Uint8Array>;
}

/**
 * A file as a body. The file must not change until the upload ends.
 *
 * @throws the file system's error when the file is not there.
 * @example
 * await store.putStream('logs/run.log', await fileBody('/tmp/run.log'));
 */
export async function fileBody(path: string): Promise<StreamBody> {
  const { size } = await stat(path);
  return { bytes: size, open: () => createReadStream(path) };
}

/** Passes a body through and fails with `INVALID_BODY` when it is not as long as declared. */
export async function* exactly(body: StreamBody, key: string): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body.open()) {
    bytes += chunk.byteLength;
    if (bytes > body.bytes) break;
    yield chunk;
  }
  if (bytes !== body.bytes) {
    throw new ObjectStoreError(
      'INVALID_BODY',
      `The body for ${key} has ${bytes > body.bytes ? 'more' : `${bytes}`} bytes where ${body.bytes} were declared. Its source changed while it was read; upload it again.`,
    );
  }
}

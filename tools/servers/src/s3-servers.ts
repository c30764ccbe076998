import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goProgram } from './places.ts';
import { launch, type Server } from './server.ts';

/** A server that keeps its buckets as folders, and objects as files in them. */
export interface FileServer extends Server {
  /** Holds a folder for each bucket. */
  readonly folder: string;
}

/**
 * Versity's S3 gateway over a folder of its own, which goes when it stops. It keeps objects as
 * files, so no key may be the folder of another.
 *
 * @example
 * const server = await startVersitygw();
 * await server.stop();
 */
export async function startVersitygw(): Promise<FileServer> {
  const program = await goProgram('versitygw');
  const credentials = { accessKeyId: 'versity', secretAccessKey: 'versity-secret' };
  return overFolder((folder) =>
    launch({
      program,
      arguments: (port) => ['--port', `127.0.0.1:${port}`, 'posix', folder],
      environment: () => ({
        ROOT_ACCESS_KEY: credentials.accessKeyId,
        ROOT_SECRET_KEY: credentials.secretAccessKey,
      }),
      credentials,
    }),
  );
}

/** MinIO over a folder of its own, which goes when it stops. */
export async function startMinio(): Promise<Server> {
  const program = await goProgram('minio');
  const credentials = { accessKeyId: 'minioadmin', secretAccessKey: 'minioadmin' };
  return overFolder((folder) =>
    launch({
      program,
      arguments: (port) => ['server', '--address', `127.0.0.1:${port}`, folder],
      environment: () => ({
        MINIO_ROOT_USER: credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
        MINIO_BROWSER: 'off',
      }),
      credentials,
    }),
  );
}

async function overFolder(start: (folder: string) => Promise<Server>): Promise<FileServer> {
  const folder = await mkdtemp(join(tmpdir(), 's3-server-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await start(folder);
    return {
      ...server,
      folder,
      async stop() {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestServerError } from './errors.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const python = join(root, '.venv-servers');
const goPrograms = join(root, '.servers');

/** A Go module with a program: `<path>@<version>`. */
const MODULES = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  'ec2-metadata-mock': 'github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock@v1.13.0',
  minio: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
} as const;

export type GoProgram = keyof typeof MODULES;

/**
 * A program that the locked requirements of the servers bring.
 *
 * @throws {TestServerError} when they are not installed.
 */
export function pythonProgram(name: string): string {
  const path = join(python, 'bin', name);
  if (!existsSync(path)) {
    throw new TestServerError(`${name} is not installed: run 'npm run setup -- --servers'.`);
  }
  return path;
}

/** Whether {@link goProgram} would find it at once. */
export function isBuilt(name: GoProgram): boolean {
  return existsSync(join(goPrograms, name));
}

/**
 * A program from a Go module, built with the Go of the locked requirements the first time: some
 * minutes.
 *
 * @throws {TestServerError} when it cannot be built.
 */
export async function goProgram(name: GoProgram): Promise<string> {
  const path = join(goPrograms, name);
  if (!isBuilt(name)) {
    try {
      await promisify(execFile)(pythonProgram('go'), ['install', MODULES[name]], {
        env: { ...process.env, GOBIN: goPrograms, GOFLAGS: '-trimpath', CGO_ENABLED: '0' },
        maxBuffer: 64 * 1024 * 1024,
      });
    } catch (cause) {
      throw new TestServerError(`${MODULES[name]} could not be built.`, { cause });
    }
  }
  return path;
}

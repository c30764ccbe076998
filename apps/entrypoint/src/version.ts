import { existsSync, readFileSync } from 'node:fs';

/**
 * This release's version: of the package that is installed, which is the command's own where the
 * entrypoint came with it.
 */
export function entrypointVersion(): string {
  const manifest = ['../package.json', '../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  if (!manifest) {
    return 'unknown';
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

import { readFileSync } from 'node:fs';

/** This release's version, which is also the tag of the image that goes with it. */
export function releaseVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
  /** What goes with this release and is installed apart, as ranges of versions. */
  readonly peerDependencies: { readonly '@openevolve-aws/infra': string };
}

/**
 * This package's own manifest, as it was published. It is read and not bundled: a release raises the
 * version after everything is built.
 */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;
}

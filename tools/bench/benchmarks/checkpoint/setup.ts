import type { Server } from '@openevolve-aws/test-servers';
import type { Goal } from '../../benchmark.ts';
import type { Tree } from './tree.ts';

export const BUCKET = 'benchmark';

/** What every part of the benchmark measures with. */
export interface Setup {
  readonly server: Server;
  /** The bundled engine. */
  readonly program: string;
  readonly folder: string;
  readonly trees: readonly Tree[];
}

let prefixes = 0;

/** A place in the bucket that nothing else uses. */
export function freshPrefix(): string {
  return `run-${++prefixes}`;
}

/** At most this part of what a peer takes. */
export function within(peer: string, of: number): Goal {
  return { peer, atMost: 1 / of };
}

export function format(size: number): string {
  return size.toLocaleString('en');
}

import type { ProxyFault } from '@openevolve-aws/test-servers';
import type { Random } from '../kill/random.ts';

/** How often each fault comes up among requests that it can hit. Late answers cost time, so few. */
const FAULTS = {
  'error 503': { share: 0.05, of: 'any' },
  'error 409': { share: 0.02, of: 'write' },
  reset: { share: 0.04, of: 'any' },
  'reply lost': { share: 0.06, of: 'any' },
  'applied late': { share: 0.03, of: 'write' },
  'body cut off': { share: 0.03, of: 'read' },
  'body cut short': { share: 0.03, of: 'read' },
  slow: { share: 0.05, of: 'any' },
  'no answer': { share: 0.003, of: 'any' },
} as const;

export type FaultKind = keyof typeof FAULTS;
export const faultKinds = Object.keys(FAULTS) as FaultKind[];

export interface DrawnFault {
  readonly kind: FaultKind;
  readonly fault: ProxyFault;
}

/** @param weather 1 for the usual share of faults; they rise and fall together. */
export function drawFault(random: Random, method: string, weather: number): DrawnFault | null {
  let draw = random.next() / weather;
  for (const kind of faultKinds) {
    const { share, of } = FAULTS[kind];
    if (of !== 'any' && (of === 'read') !== (method === 'GET')) continue;
    draw -= share;
    if (draw < 0) return { kind, fault: faultOf(kind, random) };
  }
  return null;
}

function faultOf(kind: FaultKind, random: Random): ProxyFault {
  switch (kind) {
    case 'error 503':
      return { refuse: { status: 503, code: 'SlowDown' } };
    case 'error 409':
      return { refuse: { status: 409, code: 'ConditionalRequestConflict' } };
    case 'reset':
      return { refuse: 'reset' };
    case 'reply lost':
      return { answer: 'lost' };
    case 'applied late':
      return { answer: 'lost-before', delayMs: random.between(1, 1_500) };
    case 'body cut off':
      return { answer: { cut: random.next() } };
    case 'body cut short':
      return { answer: { shorten: random.next() } };
    case 'slow':
      return { delayMs: random.between(1, 80) };
    case 'no answer':
      return { refuse: 'hang' };
  }
}

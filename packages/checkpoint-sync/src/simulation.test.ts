import { describe, expect, it } from 'vitest';
import { mutants } from '../tests/simulation/mutants.ts';
import { findMutant, simulate } from '../tests/simulation/simulate.ts';
import type { Report } from '../tests/simulation/worker.ts';

const SCHEDULES = 2_000;
const TIMEOUT_MS = 300_000;

it('no schedule of writers, readers, crashes, lost replies, late writes and pauses breaks the protocol', {
  timeout: TIMEOUT_MS,
}, async () => {
  const seed = Date.now() % 1_000_000_000;
  expect(await simulate({ seed, schedules: SCHEDULES })).toEqual({ ran: SCHEDULES, failure: null });
});

it('a seed replays exactly', { timeout: TIMEOUT_MS }, async () => {
  const replay = async (seed: number): Promise<string[]> => {
    const steps: string[] = [];
    const onReport = (report: Report) => {
      if (report.kind === 'step') steps.push(report.step);
      if (report.kind === 'history') steps.push(report.hash);
    };
    await simulate({ seed, schedules: 1, onReport });
    return steps;
  };
  const [once, again, other] = [await replay(7), await replay(7), await replay(8)];
  expect(once.length).toBeGreaterThan(50);
  expect(again).toEqual(once);
  expect(other).not.toEqual(once);
});

describe('the simulation finds out an engine that', () => {
  it.each(Object.keys(mutants))('%s', { timeout: TIMEOUT_MS }, async (mutant) => {
    expect(await findMutant(mutant, 1, SCHEDULES)).not.toBeNull();
  });
});

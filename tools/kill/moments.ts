import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { outputKeys } from '@openevolve-aws/s3-layout';
import type { KillPlan } from './kill-plan.ts';

/** How often the file system is looked at: a save and a commit last some milliseconds each. */
const LOOK_MS = 1;

export interface Places {
  /** The attempt's work folder. */
  readonly work: string;
  /** The root of the job's output prefix. */
  readonly outputs: string;
}

/**
 * Waits for the moment that a plan names.
 *
 * @param over whether the attempt has ended, and with it the waiting.
 * @returns whether the moment came.
 */
export async function reach(
  { point, delayMs }: KillPlan,
  places: Places,
  over: () => boolean,
): Promise<boolean> {
  const since = performance.now();
  const checkpoints = join(places.work, 'output', 'checkpoints');
  const packs = join(places.outputs, outputKeys.packs);
  const packsBefore = countOf(packs);
  const isNow = {
    start: () => performance.now() - since >= delayMs,
    any: () => performance.now() - since >= delayMs,
    restore: () => existsSync(join(places.work, '.restored.restoring')),
    save: () => namesIn(checkpoints).some((name) => name.startsWith('.tmp-')),
    commit: () => countOf(packs) > packsBefore,
    results: () => existsSync(join(places.outputs, outputKeys.checkpoints)),
  }[point];
  return until(isNow, over, LOOK_MS);
}

/** Asks until the answer is yes, or until it is over; returns whether it was yes. */
export async function until(
  ask: () => boolean,
  over: () => boolean,
  everyMs: number,
): Promise<boolean> {
  while (!over()) {
    if (ask()) {
      return true;
    }
    await delay(everyMs);
  }
  return false;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // It is not there yet.
  }
}

function countOf(folder: string): number {
  return namesIn(folder).length;
}

import { randomUUID } from 'node:crypto';
import { link, rename, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import lockfile from 'proper-lockfile';
import { z } from 'zod';
import type { LocalHome } from './home.ts';
import { readJson, replaceJson } from './json-file.ts';
import { identify, isRunning } from './process-identity.ts';

/** How long a supervisor may be silent before another takes over. */
const STALE_MS = 5_000;
const HEARTBEAT_MS = 1_000;
/** How long to try: long enough to outlast a supervisor that died or hangs. */
const PATIENCE_MS = STALE_MS + 2_000;
const RETRY_MS = 200;

/** `supervisor.json`: the process that took the lock. A pid says something on its own host only. */
const lockOwnerSchema = z.object({
  version: z.literal(1),
  host: z.string(),
  pid: z.int().min(1),
  startTime: z.string(),
});

type LockOwner = z.output<typeof lockOwnerSchema>;

export interface SupervisorLock {
  /** Fires when another process may have it; its holder must write nothing more. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Takes the lock of a home: at once when it is free or its owner has died, after
 * {@link STALE_MS} when its owner hangs.
 *
 * @returns null when another process has it and is alive.
 */
export async function takeSupervisorLock(home: LocalHome): Promise<SupervisorLock | null> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    await breakAbandonedLock(home);
    const lock = await tryLock(home);
    if (lock !== null || Date.now() >= giveUpAt) {
      return lock;
    }
    await delay(RETRY_MS);
  }
}

/** Whether a living supervisor has the lock, as far as one can know. */
export async function isSupervised(home: LocalHome): Promise<boolean> {
  const held = await lockfile.check(home.lock, { stale: STALE_MS });
  return held && (await deadOwner(home)) === null;
}

/**
 * Whether a process has taken the lock and not given it back: without a heartbeat of its lock, it
 * hangs.
 */
export async function hasTakenLock(home: LocalHome, pid: number | undefined): Promise<boolean> {
  return (await readOwner(home.lockOwner))?.pid === pid;
}

async function tryLock(home: LocalHome): Promise<SupervisorLock | null> {
  const lost = new AbortController();
  let unlock: () => Promise<void>;
  try {
    unlock = await lockfile.lock(home.lock, {
      stale: STALE_MS,
      update: HEARTBEAT_MS,
      onCompromised: (error) => lost.abort(error),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED') {
      return null;
    }
    throw error;
  }
  const release = async () => {
    if (!lost.signal.aborted) {
      await rm(home.lockOwner, { force: true });
      await unlock();
    }
  };
  try {
    const owner: LockOwner = { version: 1, host: hostname(), ...(await identify(process.pid)) };
    await replaceJson(home.lockOwner, owner);
  } catch (error) {
    await release();
    throw error;
  }
  return { lost: lost.signal, release };
}

/**
 * Frees the lock of a dead owner. Of those that try at the same moment one moves the owner's file
 * away, and it alone removes the lock: the next owner's lock is never taken for the dead one's.
 */
async function breakAbandonedLock(home: LocalHome): Promise<void> {
  const dead = await deadOwner(home);
  if (dead === null) {
    return;
  }
  const moved = `${home.lockOwner}.${randomUUID()}`;
  try {
    await rename(home.lockOwner, moved);
    if (isDeepStrictEqual(await readOwner(moved), dead)) {
      await rmdir(`${home.lock}.lock`);
    } else {
      await link(moved, home.lockOwner);
    }
  } catch (error) {
    // Gone or there again: another one was faster.
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
  } finally {
    await rm(moved, { force: true });
  }
}

/** The owner when it has surely died; null when it lives or nothing is known of it. */
async function deadOwner(home: LocalHome): Promise<LockOwner | null> {
  const owner = await readOwner(home.lockOwner);
  return owner && owner.host === hostname() && !(await isRunning(owner)) ? owner : null;
}

/** Null also for one that cannot be read: the heartbeat alone tells then. */
async function readOwner(path: string): Promise<LockOwner | null> {
  return readJson(lockOwnerSchema, path).catch(() => null);
}

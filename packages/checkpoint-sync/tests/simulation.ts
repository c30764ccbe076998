import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ObjectStore, ObjectStoreError } from '@openevolve-aws/object-store';
import { seededRandom } from '@openevolve-aws/object-store/testing';
import { isSyncError } from '../src/errors.ts';
import { JobLog } from '../src/job-log.ts';
import { restoreNewest, verifyCommit } from '../src/read-only.ts';
import { claimJob } from '../src/session.ts';
import { claimant, commitOf } from './fixtures.ts';

const WRITERS = 4;
const COMMITS_EACH = 2;
const STATE = 'metadata.json';

/**
 * What becomes of a call once its turn has come. `late`: the caller hears nothing and the write is
 * applied some turns later. The `die` ones end the writer as well.
 */
type Verdict = 'apply' | 'refuse' | 'lose-reply' | 'late' | 'die-before' | 'die-after' | 'die-late';
const VERDICTS: readonly (readonly [Verdict, number])[] = [
  ['refuse', 0.04],
  ['lose-reply', 0.08],
  ['late', 0.06],
  ['die-before', 0.02],
  ['die-after', 0.02],
  ['die-late', 0.02],
];

interface Waiting {
  readonly writer: number;
  readonly apply: () => Promise<unknown>;
  readonly isWrite: boolean;
  readonly answer: (verdict: Verdict) => void;
}

/**
 * One schedule: writers that claim, restore, work and commit over one store, two of them alive at
 * the same time, every call of theirs at a moment and with an end that the seed decides. Each
 * commit adds an id of its own to the state that its writer restored.
 *
 * Throws when an acknowledged id is missing from what is restored later, when a writer commits after
 * it could know that it was superseded, when a commit does not verify, or when an entry does not
 * count.
 */
export async function simulate(seed: number, store: ObjectStore, folder: string): Promise<void> {
  const random = seededRandom(seed);
  const waiting: Waiting[] = [];
  const late: (() => Promise<unknown>)[] = [];
  const alive = new Map<number, Promise<void>>();
  const acknowledged = new Set<string>();
  let newestClaim = 0;
  let failure: unknown = null;
  let started = 0;
  let wake = (): void => undefined;

  const startWriter = (): void => {
    const writer = started++;
    const home = join(folder, `${seed}-${writer}`);
    const view = gated(
      store,
      (apply, isWrite) => {
        const verdict = new Promise<Verdict>((answer) => {
          waiting.push({ writer, apply, isWrite, answer });
        });
        wake();
        return verdict;
      },
      late,
    );
    const life = work(view, home, writer)
      .catch((error: unknown) => {
        const expected =
          error instanceof ObjectStoreError || isSyncError(error, 'SUPERSEDED', 'UNRESOLVED');
        if (!expected) failure ??= error;
      })
      .finally(() => {
        rmSync(home, { recursive: true, force: true });
        alive.delete(writer);
        wake();
      });
    alive.set(writer, life);
  };

  const work = async (view: ObjectStore, home: string, writer: number): Promise<void> => {
    /** As any caller does: again while the writer lives and the error may go away. */
    const patiently = async <T>(deed: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await deed();
        } catch (error) {
          const mayGoAway = error instanceof Error && 'permanent' in error && !error.permanent;
          if (!mayGoAway || !alive.has(writer)) throw error;
        }
      }
    };
    const before = [...acknowledged];
    const session = await patiently(() => claimJob(view, claimant));
    newestClaim = Math.max(newestClaim, session.generation);
    const { commit, skipped } = await patiently(() => session.restore(home));
    check(skipped.length === 0, `skipped ${JSON.stringify(skipped)}`);
    const ids = commit ? readState(home) : [];
    for (const id of before) check(ids.includes(id), `writer ${writer} restored without ${id}`);
    mkdirSync(home, { recursive: true });
    for (let number = 0; number < COMMITS_EACH; number++) {
      const id = `${writer}.${number}`;
      ids.push(id);
      writeFileSync(join(home, STATE), JSON.stringify(ids));
      writeFileSync(join(home, `${id}.json`), id);
      const superseded = newestClaim > session.generation;
      await patiently(() => session.commit(commitOf(home, ids.length)));
      check(!superseded, `writer ${writer} committed ${id} though it was superseded`);
      acknowledged.add(id);
    }
  };

  startWriter();
  while (alive.size > 0 || started < WRITERS) {
    if (started < WRITERS && (alive.size === 0 || (alive.size < 2 && random() < 0.3)))
      startWriter();
    // Only when every writer waits is the choice, and with it the schedule, the seed's alone.
    while ([...alive.keys()].some((writer) => waiting.every((call) => call.writer !== writer))) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (late.length > 0 && random() < 0.2) await take(late, random)?.();
    const call = take(waiting, random);
    if (!call) continue;
    const verdict = choose(random, call.isWrite);
    if (verdict.startsWith('die')) alive.delete(call.writer);
    call.answer(verdict);
    if (failure) throw failure;
  }
  for (let write = take(late, random); write; write = take(late, random)) await write();
  if (failure) throw failure;
  await checkOutcome(store, join(folder, `${seed}-end`), acknowledged);
}

async function checkOutcome(store: ObjectStore, target: string, acknowledged: Set<string>) {
  const { state } = await JobLog.open(store);
  check(state.ignored.length === 0, `ignored ${JSON.stringify(state.ignored)}`);
  for (const commit of state.commits) await verifyCommit(store, commit);
  const { commit, skipped } = await restoreNewest(store, target);
  check(skipped.length === 0, `skipped ${JSON.stringify(skipped)}`);
  const ids = commit ? readState(target) : [];
  rmSync(target, { recursive: true, force: true });
  for (const id of acknowledged) check(ids.includes(id), `${id} was acknowledged and is lost`);
}

/** A store whose log calls and writes wait for a verdict. Reads of packs change nothing. */
function gated(
  store: ObjectStore,
  enter: (apply: () => Promise<unknown>, isWrite: boolean) => Promise<Verdict>,
  late: (() => Promise<unknown>)[],
): ObjectStore {
  let dead = false;
  const lost = (): ObjectStoreError => new ObjectStoreError('UNAVAILABLE', 'Injected.');
  const call = async <T>(isWrite: boolean, apply: () => Promise<T>): Promise<T> => {
    if (dead) throw lost();
    const verdict = await enter(apply, isWrite);
    if (verdict.startsWith('die')) dead = true;
    if (verdict === 'late' || verdict === 'die-late') {
      // A write that nobody waits for may well find its key taken.
      late.push(() => apply().catch(() => undefined));
      throw lost();
    }
    if (verdict === 'refuse' || verdict === 'die-before') throw lost();
    const result = await apply();
    if (verdict === 'lose-reply' || verdict === 'die-after') throw lost();
    return result;
  };
  return {
    get: (...args) => call(false, () => store.get(...args)),
    getRange: (...args) => store.getRange(...args),
    getStream: (...args) => store.getStream(...args),
    put: (...args) => call(true, () => store.put(...args)),
    putStream: (...args) => call(true, () => store.putStream(...args)),
    putIfAbsent: (...args) => call(true, () => store.putIfAbsent(...args)),
    size: (...args) => store.size(...args),
    async *list(...args) {
      yield* await call(false, async () => store.list(...args));
    },
    delete: (...args) => call(true, () => store.delete(...args)),
    putTags: (...args) => call(true, () => store.putTags(...args)),
    getTags: (...args) => store.getTags(...args),
  };
}

function choose(random: () => number, isWrite: boolean): Verdict {
  let draw = random();
  for (const [verdict, probability] of VERDICTS) {
    draw -= probability;
    if (draw >= 0) continue;
    return isWrite || !verdict.endsWith('late') ? verdict : 'apply';
  }
  return 'apply';
}

function take<T>(items: T[], random: () => number): T | undefined {
  return items.splice(Math.floor(random() * items.length), 1)[0];
}

function readState(home: string): string[] {
  return JSON.parse(readFileSync(join(home, STATE), 'utf8')) as string[];
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

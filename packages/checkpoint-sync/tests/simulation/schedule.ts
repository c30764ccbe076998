import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitEntry } from '@openevolve-aws/job-spec';
import {
  isStoreError,
  MemoryStore,
  type ObjectStore,
  ObjectStoreError,
} from '@openevolve-aws/object-store';
import { collect, seededRandom } from '@openevolve-aws/object-store/testing';
import { isSyncError } from '../../src/errors.ts';
import { JobLog } from '../../src/job-log.ts';
import { replay } from '../../src/job-state.ts';
import { parseRecord } from '../../src/log-record.ts';
import { readCheckpoint } from '../../src/read-checkpoint.ts';
import { listCommits, restoreNewest, verifyCommit } from '../../src/read-only.ts';
import { claimJob, type Session } from '../../src/session.ts';
import { claimant, commitOf, ledger } from '../fixtures.ts';
import { readCheckpointIds, writeCheckpoint } from './checkpoint-of.ts';
import { Network, type Verdict } from './network.ts';
import {
  beginSchedule,
  createHash,
  eventLoopTurn,
  passTime,
  quiescence,
  SIMULATED_FOLDER,
} from './platform.ts';

const WRITERS = 4;
const READERS = 2;
const ALIVE_AT_ONCE = 3;
const MOST_COMMITS = 5;
/** Commits of the last writer: enough for it to prune. */
const LAST_COMMITS = 5;

export interface ScheduleOptions {
  readonly makeStore?: () => ObjectStore;
  readonly onStep?: (step: string) => void;
}

/**
 * One schedule of a job: writers that claim, restore, work, commit, quarantine and prune, and readers
 * beside them, up to three processes at the same time, each call of theirs to the store at a moment
 * and with an end that the seed decides, while the clock jumps. At the end all that is late arrives,
 * and a last writer has the job for itself.
 *
 * Throws when
 * - a restore gives anything but the bytes of one commit, one older than the newest that was
 *   acknowledged before, or takes damage for granted where there is none,
 * - a writer has something acknowledged after it could know that it was superseded,
 * - a commit that is listed does not verify and was not pruned,
 * - the log as readers take it, from the newest prune entry on, says something else than all of it,
 * - an entry does not count, or garbage is left over in the end.
 *
 * @returns a hash of all that happened.
 */
export async function runSchedule(seed: number, options: ScheduleOptions = {}): Promise<string> {
  const random = seededRandom(seed);
  beginSchedule();
  const schedule = new Schedule(random, options);
  try {
    return await schedule.run();
  } finally {
    if (options.onStep) await schedule.tellLog();
    rmSync(SIMULATED_FOLDER, { recursive: true, force: true });
  }
}

class Schedule {
  readonly #random: () => number;
  readonly #store: ObjectStore;
  readonly #network: Network;
  readonly #onStep: (step: string) => void;
  readonly #history = createHash('sha256');
  readonly #alive = new Set<number>();
  readonly #paused = new Set<number>();
  /** Programs of each commit that was tried, by its label. */
  readonly #tried = new Map<string, readonly string[]>();
  readonly #acknowledged = new Map<number, CommitEntry>();
  /** Commits that a writer may have quarantined. */
  readonly #quarantined = new Set<number>();
  #newestClaim = 0;
  #processes = 0;
  #failure: unknown = null;

  constructor(random: () => number, options: ScheduleOptions) {
    this.#random = random;
    this.#store = options.makeStore?.() ?? new MemoryStore();
    this.#network = new Network(this.#store);
    this.#onStep = options.onStep ?? (() => undefined);
  }

  /** Tells what lies in the log in the end. */
  async tellLog(): Promise<void> {
    for (const { key } of await collect(this.#store.list('commits/'))) {
      const {
        version: _,
        entryId: _id,
        at: _at,
        ledger: _l,
        ...entry
      } = JSON.parse(new TextDecoder().decode(await this.#store.get(key)));
      this.#onStep(JSON.stringify(entry));
    }
  }

  async run(): Promise<string> {
    let writers = 0;
    let readers = 0;
    while (this.#alive.size > 0 || writers < WRITERS) {
      const mayStart = this.#alive.size < ALIVE_AT_ONCE;
      if (writers < WRITERS && (this.#alive.size === 0 || (mayStart && this.#chance(0.05)))) {
        writers += 1;
        this.#start((store, process) => this.#write(store, process, this.#below(MOST_COMMITS) + 1));
      } else if (readers < READERS && mayStart && this.#chance(0.03)) {
        readers += 1;
        this.#start((store, process) => this.#read(store, process));
      }
      await this.#step();
    }
    for (
      let write = this.#take(this.#network.late);
      write;
      write = this.#take(this.#network.late)
    ) {
      await write();
    }
    await this.#checkCommits();
    await this.#write(this.#store, ++this.#processes, LAST_COMMITS);
    await this.#checkLog();
    await this.#checkCommits();
    await this.#checkGarbage();
    return this.#history.digest('hex');
  }

  #start(life: (store: ObjectStore, process: number) => Promise<void>): void {
    const process = ++this.#processes;
    this.#alive.add(process);
    life(this.#network.connect(process), process)
      .catch((error: unknown) => {
        const isExpected =
          error instanceof ObjectStoreError || isSyncError(error, 'SUPERSEDED', 'UNRESOLVED');
        if (!isExpected) this.#failure ??= error;
      })
      .finally(() => this.#alive.delete(process));
  }

  /** One call that waits gets its turn, once nothing can go on without. */
  async #step(): Promise<void> {
    const { waiting, late } = this.#network;
    const isWaiting = (process: number) => waiting.some((call) => call.process === process);
    await quiescence();
    while (![...this.#alive].every(isWaiting)) await eventLoopTurn();
    if (this.#failure) throw this.#failure;

    if (this.#chance(0.2)) {
      passTime(this.#chance(0.1) ? 86_400_000 : this.#below(3_000));
      return;
    }
    if (late.length > 0 && this.#chance(0.15)) {
      this.#tell('late write');
      await this.#take(late)?.();
      return;
    }
    if (this.#chance(0.02)) this.#paused.add([...this.#alive][this.#below(this.#alive.size)] ?? 0);
    const ready = waiting.filter(({ process }) => !this.#paused.has(process));
    if (ready.length === 0 || this.#chance(0.02)) this.#paused.clear();
    const call = ready[this.#below(ready.length)];
    if (!call) return;
    waiting.splice(waiting.indexOf(call), 1);
    const verdict: Verdict = this.#network.draw(call, this.#random);
    this.#tell(`process ${call.process}: ${call.method} ${call.key}: ${verdict}`);
    if (verdict.startsWith('die')) {
      this.#alive.delete(call.process);
      // What it had under way beside that goes nowhere.
      for (const other of waiting.filter(({ process }) => process === call.process)) {
        waiting.splice(waiting.indexOf(other), 1);
        other.answer('die-before');
      }
    }
    call.answer(verdict);
  }

  async #write(store: ObjectStore, process: number, commits: number): Promise<void> {
    const home = join(SIMULATED_FOLDER, String(process));
    const claimed = [...this.#acknowledged.keys()];
    const session = await this.#patiently(process, () => claimJob(store, claimant));
    this.#newestClaim = Math.max(this.#newestClaim, session.generation);
    let commit = await this.#restore(session, process, home, claimed);
    // Of the two newest commits that every variant keeps, one is left then.
    if (commit && this.#quarantined.size === 0 && this.#chance(0.15)) {
      const { seq } = commit;
      this.#quarantined.add(seq);
      await this.#acknowledge(session, process, () => session.quarantine(seq, 'two attempts died'));
      rmSync(home, { recursive: true, force: true });
      commit = await this.#restore(session, process, home, claimed);
    }
    const ids = commit ? readCheckpointIds(home) : [];
    for (let number = 1; number <= commits; number++) {
      ids.push(`${process}.${number}`);
      const label = this.#tried.size + 1;
      this.#tried.set(`checkpoint_${label}`, [...ids]);
      writeCheckpoint(home, ids);
      const best = { id: 'b', iteration: 1, score: this.#below(4), metrics: {} };
      const giveUp = this.#alive.has(process) && this.#chance(0.2) ? new AbortController() : null;
      if (giveUp) setTimeout(() => giveUp.abort(), this.#below(5_000));
      const signal = giveUp?.signal;
      const made = await this.#acknowledge(session, process, () =>
        session.commit({ ...commitOf(home, label), best, signal }),
      ).catch((error: unknown) => {
        if (!signal?.aborted || !isStoreError(error, 'ABORTED')) throw error;
      });
      if (made) this.#acknowledged.set(made.seq, made);
      if (this.#chance(made ? 0.1 : 0.3)) {
        await this.#acknowledge(session, process, () => session.appendLedger(ledger(label)));
      }
    }
    // What is left of pruning is done before the process ends.
    await this.#patiently(process, () => session.assertNewest());
  }

  async #restore(
    session: Session,
    process: number,
    home: string,
    acknowledged: readonly number[],
  ): Promise<CommitEntry | null> {
    const { commit, skipped } = await this.#patiently(process, () => session.restore(home));
    this.#checkRestored(home, commit, skipped, acknowledged);
    return commit;
  }

  async #read(store: ObjectStore, process: number): Promise<void> {
    const home = join(SIMULATED_FOLDER, String(process));
    const acknowledged = [...this.#acknowledged.keys()];
    const { commit, skipped } = await restoreNewest(store, home);
    this.#checkRestored(home, commit, skipped, acknowledged);
    for (const listed of await listCommits(store)) {
      await verifyCommit(store, listed).catch((error: unknown) => {
        if (!isSyncError(error, 'PRUNED')) throw error;
      });
    }
  }

  #checkRestored(
    home: string,
    commit: CommitEntry | null,
    skipped: readonly unknown[],
    acknowledged: readonly number[],
  ): void {
    check(skipped.length === 0, `passed over ${JSON.stringify(skipped)}`);
    const expected = acknowledged.filter((seq) => !this.#quarantined.has(seq));
    const newest = Math.max(0, ...expected);
    check((commit?.seq ?? 0) >= newest, `restored ${commit?.seq}, and ${newest} was acknowledged`);
    if (!commit) return;
    const ids = readCheckpointIds(home).join();
    check(ids === this.#tried.get(commit.label)?.join(), `restored ${commit.seq} with ${ids}`);
  }

  /** Something that must not succeed once a newer writer has claimed. */
  async #acknowledge<T>(session: Session, process: number, deed: () => Promise<T>): Promise<T> {
    const isSuperseded = this.#newestClaim > session.generation;
    const result = await this.#patiently(process, deed);
    check(!isSuperseded, `process ${process} was superseded, and wrote all the same`);
    return result;
  }

  /** As any caller does: again while the process lives and the error may go away. */
  async #patiently<T>(process: number, deed: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await deed();
      } catch (error) {
        const mayGoAway = error instanceof Error && 'permanent' in error && !error.permanent;
        if (!mayGoAway || !this.#alive.has(process)) throw error;
      }
    }
  }

  /** Readers begin at the newest prune entry; who reads all entries must come to the same. */
  async #checkLog(): Promise<void> {
    const { state, lastSeq } = await JobLog.open(this.#store);
    const records = [];
    for (const { key } of await collect(this.#store.list('commits/'))) {
      records.push(parseRecord(records.length + 1, await this.#store.get(key)));
    }
    const whole = replay(records);
    check(lastSeq === records.length, `${records.length} entries, and ${lastSeq} seen`);
    check(whole.ignored.length === 0, `ignored ${JSON.stringify(whole.ignored)}`);
    const tell = ({ quarantined, ...rest }: typeof state) =>
      JSON.stringify({ ...rest, quarantined: [...quarantined] });
    check(tell(state) === tell(whole), `the log says ${tell(whole)}, and readers ${tell(state)}`);
  }

  async #checkCommits(): Promise<void> {
    for (const commit of await listCommits(this.#store)) await verifyCommit(this.#store, commit);
  }

  async #checkGarbage(): Promise<void> {
    const named = new Set<string>();
    for (const commit of await listCommits(this.#store)) {
      const { listing, layers } = await readCheckpoint(this.#store, commit);
      for (const { extents } of listing.values()) {
        for (const { pack } of extents) named.add(pack.key);
      }
      for (const { reference } of layers) named.add(reference.key);
    }
    const packs = (await collect(this.#store.list('packs/'))).map(({ key }) => key);
    // Nothing failed since the last writer pruned.
    const unnamed = packs.filter((key) => !named.has(key));
    check(unnamed.length === 0, `${unnamed.join()} named by no commit`);
  }

  #tell(step: string): void {
    this.#history.update(`${step}\n`);
    this.#onStep(step);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #take<T>(items: T[]): T | undefined {
    return items.splice(this.#below(items.length), 1)[0];
  }
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Violated: ${what}.`);
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerExit } from '@openevolve-aws/job-spec';
import { type Attempt, startAttempt } from './attempt.ts';
import { describeExit, type Ended, problemsOfEnd } from './attempt-end.ts';
import { readEvolutionLog } from './evolution-log.ts';
import type { StoredJob } from './job.ts';
import { COMMIT_INTERVAL_SECONDS } from './job-request.ts';
import { type KillKind, type KillPlan, type KillPoint, planKill } from './kill-plan.ts';
import { reach, until } from './moments.ts';
import { leftoversOf, processesOf, processesOfAttempt, send } from './process-tree.ts';
import type { Random } from './random.ts';
import { readStanding, type Standing, verifyAttempt, verifyJob } from './verify.ts';

/** What a save and a commit may take on a busy machine, beyond the interval. */
const WINDOW_SLACK_SECONDS = 4;
/** SIGTERM leaves 25 s; a runner without an entrypoint drains, saves and ends by itself. */
const END_MS = 25_000;
const ORPHAN_MS = 10_000;
/** An attempt that neither reaches its moment nor ends in this time hangs. */
const HANG_MS = 180_000;
const MAX_ATTEMPTS = 60;

/** One kill, and what came of it. */
export interface KillResult {
  readonly kind: KillKind;
  readonly point: KillPoint;
  /** Iterations that had finished and no commit holds. */
  readonly lost: number;
  /** How long before the kill the oldest of them had finished; 0 when none is lost. */
  readonly lostSeconds: number;
  /** From the signal until nothing was left of the attempt, or until a run without a worker went on. */
  readonly seconds: number;
  readonly leftovers: number;
}

export interface KilledJobOptions {
  readonly bundle: string;
  readonly print: (line: string) => void;
}

/** One job, from its submission until it is done, however often its attempts are killed. */
export class KilledJob {
  readonly results: KillResult[] = [];
  readonly #job: StoredJob;
  readonly #options: KilledJobOptions;
  readonly #random: Random;
  readonly #violations: string[] = [];
  readonly #committed: number[] = [];
  #failed = 0;
  #attempts = 0;
  /** The commit from which a killed runner came to nothing. */
  #fruitlessFrom: number | null | undefined;

  constructor(job: StoredJob, options: KilledJobOptions, random: Random) {
    this.#job = job;
    this.#options = options;
    this.#random = random;
  }

  /** @returns what was wrong. */
  async run(kills: number): Promise<readonly string[]> {
    let standing = await readStanding(this.#job);
    let isDone = false;
    while (!isDone && this.#violations.length === 0) {
      if (++this.#attempts > MAX_ATTEMPTS) {
        this.#violations.push(`not done after ${MAX_ATTEMPTS} attempts`);
        break;
      }
      const before = standing;
      const attempt = await this.#start();
      let ended: Ended | null = null;
      for (let runs = false; this.#mayKill(kills, attempt) && ended === null; runs = true) {
        ended = await this.#killOnce(attempt, before, runs);
      }
      const how = ended ?? (await this.#endByItself(attempt));
      standing = await readStanding(this.#job);
      await this.#verify(attempt, before, standing, how);
      isDone = how.exit.code === containerExit.DONE;
    }
    if (this.#violations.length === 0) {
      const totals = { committed: this.#committed, failed: this.#failed };
      this.#violations.push(...(await verifyJob(this.#job, standing, totals)));
    }
    return this.#violations;
  }

  #mayKill(kills: number, attempt: Attempt): boolean {
    return this.results.length < kills && attempt.exit() === null;
  }

  #start(): Promise<Attempt> {
    return startAttempt(this.#job, this.#attempts, { bundle: this.#options.bundle });
  }

  /** @returns how the attempt ended, or null when it goes on or ended before its moment came. */
  async #killOnce(attempt: Attempt, before: Standing, runs: boolean): Promise<Ended | null> {
    const plan = planKill(this.#random, {
      hasCommit: before.commit !== null,
      isHalfDone: (before.commit?.ledger.done ?? 0) >= this.#job.iterations / 2,
      runs,
      runnerMayDie: this.#fruitlessFrom !== (before.commit?.seq ?? null),
    });
    const over = () => attempt.exit() !== null;
    const places = { work: attempt.work, outputs: this.#job.outputs.root };
    const hanging = this.#endLater(attempt, HANG_MS);
    try {
      if (!(await reach(plan, places, over))) {
        return null;
      }
      if (plan.kind === 'SIGKILL worker') {
        await this.#killWorker(plan, attempt);
        return null;
      }
      return await this.#killAttempt(plan, attempt);
    } finally {
      clearTimeout(hanging);
    }
  }

  async #killWorker(plan: KillPlan, attempt: Attempt): Promise<void> {
    const over = () => attempt.exit() !== null;
    const workers = () => processesOfAttempt(attempt.work, attempt.pid).workers;
    const [first, ...rest] = workers();
    if (first === undefined) {
      return;
    }
    const at = Date.now();
    const victim = this.#random.pick([first, ...rest]);
    send(victim, 'SIGKILL');
    const isReplaced = () => {
      const now = workers();
      return now.length > rest.length && !now.includes(victim);
    };
    await until(isReplaced, over, 10);
    const replaced = Date.now();
    while (!over()) {
      const { iterations } = await readEvolutionLog(join(attempt.work, 'output'));
      if ((iterations.at(-1)?.at ?? 0) > replaced) {
        break;
      }
      await delay(50);
    }
    const exit = attempt.exit();
    if (exit !== null && exit.code !== containerExit.DONE) {
      this.#violations.push(
        `attempt ${this.#attempts} ended with ${describeExit(exit)} when a worker was killed`,
      );
    }
    const seconds = (Date.now() - at) / 1000;
    this.#record({ ...plan, lost: 0, lostSeconds: 0, seconds, leftovers: 0 });
  }

  async #killAttempt(plan: KillPlan, attempt: Attempt): Promise<Ended | null> {
    const over = () => attempt.exit() !== null;
    let victim = attempt.pid;
    if (plan.kind === 'SIGKILL runner') {
      const runner = () => processesOfAttempt(attempt.work, attempt.pid).runner;
      if (!(await until(() => runner() !== null, over, 5))) {
        return null;
      }
      victim = runner() ?? victim;
    }
    const at = Date.now();
    if (plan.kind === 'SIGKILL all') {
      killAll(attempt);
    } else {
      send(victim, plan.kind === 'SIGTERM entrypoint' ? 'SIGTERM' : 'SIGKILL');
    }
    const late = this.#endLater(attempt, END_MS);
    const exit = await attempt.exited;
    clearTimeout(late);
    const { entries } = await readStanding(this.#job);
    const leftovers = await leftoversOf(attempt.work, ORPHAN_MS);
    return { exit, kill: { plan, at, seconds: (Date.now() - at) / 1000, entries }, leftovers };
  }

  async #endByItself(attempt: Attempt): Promise<Ended> {
    const hanging = this.#endLater(attempt, HANG_MS);
    const exit = await attempt.exited;
    clearTimeout(hanging);
    return { exit, kill: null, leftovers: await leftoversOf(attempt.work, ORPHAN_MS) };
  }

  /** An attempt that has not ended in time is wrong, and is ended so that all of this goes on. */
  #endLater(attempt: Attempt, timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#violations.push(`attempt ${this.#attempts} has not ended after ${timeoutMs / 1000} s`);
      killAll(attempt);
    }, timeoutMs);
  }

  async #verify(attempt: Attempt, before: Standing, after: Standing, ended: Ended): Promise<void> {
    const log = await readEvolutionLog(join(attempt.work, 'output'));
    const verdict = verifyAttempt(before, after, log);
    const { exit, kill, leftovers } = ended;
    const wrong = [...verdict.violations, ...problemsOfEnd(ended, before, after)];
    this.#committed.push(...verdict.committed);
    this.#failed += verdict.failed;
    const oldest = verdict.lostAt[0];
    const lost = verdict.lostAt.length;
    const lostSeconds = kill && oldest !== undefined ? (kill.at - oldest) / 1000 : 0;
    if (lost > 0 && (kill === null || kill.plan.kind === 'SIGTERM entrypoint')) {
      wrong.push(`${lost} finished iterations are lost`);
    }
    if (lostSeconds > COMMIT_INTERVAL_SECONDS + WINDOW_SLACK_SECONDS) {
      wrong.push(`an iteration is lost that had finished ${lostSeconds} s before the kill`);
    }
    if (kill) {
      this.#record({
        ...kill.plan,
        lost,
        lostSeconds,
        seconds: kill.seconds,
        leftovers: leftovers.length,
      });
      if (kill.plan.kind === 'SIGKILL runner' && after.commit?.seq === before.commit?.seq) {
        this.#fruitlessFrom = after.commit?.seq ?? null;
      }
    }
    const what = kill ? `${kill.plan.kind} at ${kill.plan.point}` : 'no kill';
    const place = `attempt ${this.#attempts} (${what}, ${describeExit(exit)})`;
    this.#violations.push(...wrong.map((problem) => `${place}: ${problem}`));
    for (const pid of leftovers) {
      send(pid, 'SIGKILL');
    }
    if (this.#violations.length === 0) {
      await rm(attempt.work, { recursive: true });
    }
  }

  #record({ kind, point, ...figures }: KillResult): void {
    const { lost, lostSeconds, seconds, leftovers } = figures;
    this.results.push({ kind, point, lost, lostSeconds, seconds, leftovers });
    this.#options.print(
      `job ${this.#job.id} attempt ${this.#attempts}: ${kind} at ${point}, ${lost} lost, ${seconds.toFixed(2)} s`,
    );
  }
}

/** The entrypoint first, so that it sees nothing of the others' end. */
function killAll(attempt: Attempt): void {
  send(attempt.pid, 'SIGKILL');
  for (const { pid } of processesOf(attempt.work)) {
    send(pid, 'SIGKILL');
  }
}

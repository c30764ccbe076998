import { setInterval } from 'node:timers/promises';
import type { EarlyStopping, Job, Ledger, Notice } from '@openevolve-aws/job-spec';
import type { Cap } from '@openevolve-aws/llm-gateway';
import type { ControlPlan } from '../control/control-plan.ts';
import type { Log } from '../log.ts';
import { planForNotice } from '../notices/notice-plan.ts';
import type { NoticeSource } from '../notices/notice-source.ts';
import { watchNotices } from '../notices/watch-notices.ts';
import { runnerEnvironment } from '../runner/environment.ts';
import { killLeftovers } from '../runner/leftovers.ts';
import { OutputBudget } from '../runner/output-budget.ts';
import type {
  FinishedEvent,
  IterationEvent,
  RunnerEvent,
  StartedEvent,
} from '../runner/protocol.ts';
import { writeRunFile } from '../runner/run-file.ts';
import { type RunnerProcess, startRunner } from '../runner/runner-process.ts';
import { SILENCE_MS, Silence } from '../runner/silence.ts';
import type { StopRequest } from '../stop-request.ts';
import type { Committer } from './committer.ts';
import { type EvolutionEnd, judgeEnd } from './evolution-end.ts';
import type { ProgressReporter } from './progress-reporter.ts';
import { throughputOf } from './throughput.ts';
import type { Trace } from './trace.ts';

/** How long the runner may take to save and end, after its grace; 25 s are all that SIGTERM gives. */
const STOP_TIMEOUT_MS = 18_000;
const SHORT_GRACE_SECONDS = 2;
/** How long the last commit is tried for: a store that is away must not cost what is finished. */
const LAST_COMMIT_MS = 180_000;
const LAST_COMMIT_IN_A_HURRY_MS = 10_000;
const METRICS_MS = 60_000;

export interface Evolution {
  readonly job: Job;
  /** Iterations in all, over all attempts. */
  readonly asked: number;
  readonly folders: { readonly inputs: string; readonly run: string; readonly output: string };
  readonly configFile: string;
  readonly gateway: {
    readonly url: string;
    readonly token: string;
    setCap(cap: Cap): void;
    /** No model is asked any more. */
    drain(): void;
    /** Calls that wait because a provider asked to wait. */
    held(): number;
  };
  /** Whether the container has a user of its own. */
  readonly isolated: boolean;
  readonly python: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly resume: {
    readonly checkpoint: string;
    readonly ledger: Ledger;
    readonly earlyStopping: EarlyStopping | null;
  } | null;
  readonly notices: NoticeSource;
  readonly control: {
    readonly everyMs: number;
    readonly read: (signal: AbortSignal) => Promise<ControlPlan>;
  };
  readonly committer: Committer;
  readonly progress: ProgressReporter;
  readonly trace: Trace;
  readonly log: Log;
  readonly stop: StopRequest;
  readonly onStarted: (event: StartedEvent) => void;
  readonly reportMetrics: () => void;
  /** Aborts when nothing more can or may be written, as when another attempt has taken over. */
  readonly cutOff: AbortSignal;
}

/**
 * Runs the Python runner to its end and feeds what it reports to the committer, the progress report
 * and the trace. When the number of iterations that are asked for changes, the runner is stopped in
 * order and the end is `unfinished`.
 *
 * @throws {EntrypointError} when the job can never succeed, as the runner's exit code says.
 */
export async function runEvolution(evolution: Evolution): Promise<EvolutionEnd> {
  const { job, folders, committer, log, stop } = evolution;
  const runner = await startRunner({
    python: evolution.python,
    runFile: await writeRunFile(evolution),
    directory: folders.run,
    environment: runnerEnvironment(evolution.variables, folders.run, job.env, evolution.gateway),
    onLine: quoteWithin(new OutputBudget(() => Date.now()), log),
  });
  const watch = new Watch(evolution, runner);
  let finished: FinishedEvent | null = null;
  let fatal: string | null = null;
  try {
    for await (const event of runner.events) {
      watch.heard(event);
      switch (event.event) {
        case 'started':
          evolution.onStarted(event);
          evolution.progress.update(event.initial ? { initial: event.initial } : {});
          break;
        case 'iteration':
          log.info(describeIteration(event));
          evolution.trace.add(event);
          evolution.progress.update({ ledger: event.ledger });
          watch.iterationFinished();
          break;
        case 'checkpoint':
          evolution.progress.update({ ledger: event.ledger, best: event.best });
          committer.offer(event);
          break;
        case 'throughput':
          evolution.progress.update({ throughput: throughputOf(event) });
          runner.send({ command: 'held', calls: evolution.gateway.held() });
          break;
        case 'problem':
          log[event.severity === 'fatal' ? 'error' : 'warn'](event.message);
          fatal = event.severity === 'fatal' ? event.message : fatal;
          break;
        case 'finished':
          finished = event;
          break;
      }
    }
  } catch (error) {
    runner.kill();
    throw error;
  } finally {
    // Its pipe is closed: it has a moment to end by itself.
    watch.runnerMustEnd();
    await runner.exited;
    await watch.close();
    // What the runner may have left behind must not outlive it.
    runner.kill();
    await killLeftovers(folders.run);
    await runner.printed;
  }
  const exit = await runner.exited;
  log.info(`The runner ended with ${exit.signal ?? `exit code ${exit.code}`}.`);
  const isHurried = stop.stop?.exit === 'GO_ON';
  await committer.settled(
    AbortSignal.timeout(isHurried ? LAST_COMMIT_IN_A_HURRY_MS : LAST_COMMIT_MS),
  );
  const stopReason = stop.stop?.reason ?? null;
  return judgeEnd({ exit, finished, fatal, asked: evolution.asked, stopReason });
}

/** All that is looked at beside the runner's events while it runs. */
class Watch {
  readonly #evolution: Evolution;
  readonly #runner: RunnerProcess;
  readonly #done = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #loops: Promise<void>[];
  #commitEachIteration = false;
  #stopping = false;
  readonly #silence = new Silence();

  constructor(evolution: Evolution, runner: RunnerProcess) {
    this.#evolution = evolution;
    this.#runner = runner;
    const { stop, cutOff } = evolution;
    const { signal } = this.#done;
    stop.signal.addEventListener('abort', this.#onStop, { signal });
    stop.hurry.addEventListener('abort', this.#onHurry, { signal });
    cutOff.addEventListener('abort', () => runner.kill(), { signal });
    if (stop.stop) {
      this.#onStop();
    }
    if (cutOff.aborted) {
      runner.kill();
    }
    this.#loops = [
      this.#watchNotices(),
      this.#watchControl(),
      this.#reportMetrics(),
      this.#watchSilence(),
    ];
  }

  heard({ event }: RunnerEvent): void {
    this.#silence.heard(event);
  }

  iterationFinished(): void {
    if (this.#commitEachIteration) {
      this.#runner.send({ command: 'save' });
    }
  }

  runnerMustEnd(): void {
    this.#after(STOP_TIMEOUT_MS, () => this.#runner.kill());
  }

  async close(): Promise<void> {
    this.#done.abort();
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    await Promise.all(this.#loops);
  }

  readonly #onStop = () => {
    const { stop, hurry } = this.#evolution.stop;
    this.#evolution.gateway.drain();
    const grace = hurry.aborted ? SHORT_GRACE_SECONDS : stop?.graceSeconds;
    this.#drain(`${stop?.reason}`, grace ?? SHORT_GRACE_SECONDS);
  };

  readonly #onHurry = () => {
    this.#stopWithin(SHORT_GRACE_SECONDS);
  };

  /** Asks the runner to save and end; kills it when it does not. */
  #drain(why: string, graceSeconds: number): void {
    if (this.#stopping) {
      return;
    }
    this.#stopping = true;
    const { log } = this.#evolution;
    log.info(`Stopping: ${why}. What is finished is saved first.`);
    this.#stopWithin(graceSeconds);
  }

  #stopWithin(graceSeconds: number): void {
    this.#runner.send({ command: 'stop', grace_seconds: graceSeconds });
    this.#after(graceSeconds * 1000 + STOP_TIMEOUT_MS, () => {
      this.#evolution.log.error('The runner has not saved in time and is killed.');
      this.#runner.kill();
    });
  }

  async #watchNotices(): Promise<void> {
    const { notices, log, stop } = this.#evolution;
    const onNotice = (notice: Notice) => {
      const plan = planForNotice(notice, new Date());
      log.warn(`Notice from the host: ${notice.action} at ${notice.time}. Saving now.`);
      this.#runner.send({ command: 'save' });
      this.#commitEachIteration ||= plan.commitEachIteration;
      if (plan.stopInMs !== null) {
        this.#after(plan.stopInMs, () => stop.request('Spot notice'));
      }
    };
    await watchNotices(notices, this.#done.signal, onNotice, (reason) =>
      log.error(`Notices cannot be read: ${reason}`),
    );
  }

  async #watchControl(): Promise<void> {
    const { control, asked, stop, log, progress, gateway } = this.#evolution;
    await this.#every(control.everyMs, async () => {
      const plan = await control.read(this.#done.signal).catch((error: unknown) => {
        if (!this.#done.signal.aborted) {
          log.error(`Control requests cannot be read: ${String(error)}`);
        }
        return null;
      });
      if (plan === null) {
        return;
      }
      if (plan.commit) {
        log.info('A commit is asked for.');
        this.#runner.send({ command: 'save' });
      }
      gateway.setCap(plan.cap);
      if (plan.stop) {
        stop.request('asked to stop', 'STOPPED');
      } else if (plan.asked !== asked) {
        this.#drain(`${plan.asked} iterations are asked for now`, SHORT_GRACE_SECONDS);
      }
      if (plan.controlled !== progress.standing.controlled) {
        progress.update({ controlled: plan.controlled });
      }
    });
  }

  async #reportMetrics(): Promise<void> {
    await this.#every(METRICS_MS, async () => this.#evolution.reportMetrics());
  }

  async #watchSilence(): Promise<void> {
    await this.#every(SILENCE_MS, async () => {
      switch (this.#silence.lasts()) {
        case 'wake':
          this.#runner.wake();
          break;
        case 'kill':
          this.#evolution.log.error('The runner has said nothing for ten minutes and is killed.');
          this.#runner.kill();
          break;
      }
    });
  }

  async #every(milliseconds: number, task: () => Promise<void>): Promise<void> {
    const { signal } = this.#done;
    try {
      for await (const _ of setInterval(milliseconds, undefined, { signal })) {
        await task();
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  #after(milliseconds: number, action: () => void): void {
    this.#timers.add(setTimeout(action, milliseconds));
  }
}

function quoteWithin(budget: OutputBudget, log: Log): (line: string) => void {
  return (line) => {
    const { shown, leftOut } = budget.take(line);
    if (leftOut > 0) {
      log.warn(`${leftOut} lines of what the program printed were left out.`);
    }
    if (shown) {
      log.quote(line);
    }
  };
}

function describeIteration(event: IterationEvent): string {
  const { iteration, ledger, error, score } = event;
  const result = score === null ? 'no score' : `score ${Number(score.toPrecision(6))}`;
  const what =
    event.id === null ? `failed: ${error}` : result + (event.is_best ? ', the best so far' : '');
  return `Iteration ${iteration} (${ledger.done} of ${ledger.asked}): ${what}`;
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerExit, type Job, type Ledger, type Outcome } from '@openevolve-aws/job-spec';
import type { Committer } from './committer.ts';
import { EntrypointError } from './errors.ts';
import type { Log } from './log.ts';
import { planForNotice } from './notices/notice-plan.ts';
import { watchNotices } from './notices/watch-notices.ts';
import type { ProgressReporter } from './progress-reporter.ts';
import { runnerEnvironment } from './runner/environment.ts';
import {
  type FinishedEvent,
  type IterationEvent,
  RUNNER_PROTOCOL,
  type RunFile,
  type StartedEvent,
} from './runner/protocol.ts';
import { CONTROL_FD, EVENTS_FD, type RunnerProcess, startRunner } from './runner/runner-process.ts';
import type { StopRequest } from './stop-request.ts';
import type { Trace } from './trace.ts';

/** How long running iterations may still take after a stop. */
const DRAIN_GRACE_SECONDS = 2;
/** When the runner has not saved and ended by then it is killed; 25 s are all that SIGTERM gives. */
const STOP_TIMEOUT_MS = 20_000;

export interface Evolution {
  readonly job: Job;
  readonly folders: { readonly inputs: string; readonly run: string; readonly output: string };
  readonly configFile: string;
  readonly python: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly noticeFile: string | undefined;
  readonly resume: { readonly checkpoint: string; readonly ledger: Ledger } | null;
  readonly committer: Committer;
  readonly progress: ProgressReporter;
  readonly trace: Trace;
  readonly log: Log;
  readonly stop: StopRequest;
  readonly onStarted: (event: StartedEvent) => void;
  /** Aborts when another attempt has taken over: nothing may be written any more. */
  readonly superseded: AbortSignal;
}

/** How the runner ended: complete, or to be gone on with. */
export type EvolutionEnd =
  | { readonly kind: 'complete'; readonly outcome: Outcome }
  | { readonly kind: 'unfinished'; readonly reason: string };

/**
 * Runs the Python runner to its end and feeds what it reports to the committer, the progress report
 * and the trace.
 *
 * @throws {EntrypointError} when the job can never succeed, as the runner's exit code says.
 */
export async function runEvolution(evolution: Evolution): Promise<EvolutionEnd> {
  const { job, folders, committer, log, stop, superseded } = evolution;
  const runner = await startRunner({
    python: evolution.python,
    runFile: await writeRunFile(evolution),
    directory: folders.run,
    environment: runnerEnvironment(evolution.variables, folders.run, job.env),
    onLine: (line) => log.pass(line),
  });

  let finished: FinishedEvent | null = null;
  let fatal: string | null = null;
  let commitEachIteration = false;
  const done = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const after = (milliseconds: number, action: () => void) => {
    timers.add(setTimeout(action, milliseconds));
  };

  const beginStop = () => {
    log.info(`Stopping: ${stop.stop?.reason}. What is finished is saved first.`);
    runner.send({ command: 'stop' });
    after(STOP_TIMEOUT_MS, () => {
      log.error('The runner has not saved in time and is killed.');
      runner.kill();
    });
  };
  stop.signal.addEventListener('abort', beginStop, { once: true });
  superseded.addEventListener('abort', () => runner.kill(), { once: true });
  if (stop.stop) {
    beginStop();
  }
  const notices = watchNoticesOf(evolution, runner, done.signal, {
    commitEachIteration: () => {
      commitEachIteration = true;
    },
    after,
  });

  try {
    for await (const event of runner.events) {
      switch (event.event) {
        case 'started':
          evolution.onStarted(event);
          evolution.progress.update(event.initial ? { initial: event.initial } : {});
          break;
        case 'iteration':
          log.info(describeIteration(event));
          evolution.trace.add(event);
          evolution.progress.update({ ledger: event.ledger });
          if (commitEachIteration) {
            runner.send({ command: 'save' });
          }
          break;
        case 'checkpoint':
          evolution.progress.update({ ledger: event.ledger, best: event.best });
          committer.offer(event);
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
    done.abort();
    stop.signal.removeEventListener('abort', beginStop);
    const exit = await runner.exited;
    for (const timer of timers) {
      clearTimeout(timer);
    }
    // What the runner may have left behind must not outlive it.
    runner.kill();
    log.info(`The runner ended with ${exit.signal ?? `exit code ${exit.code}`}.`);
  }
  await notices;
  const exit = await runner.exited;
  await committer.settled();
  return judgeEnd(exit.code, finished, fatal, stop, job);
}

function judgeEnd(
  code: number | null,
  finished: FinishedEvent | null,
  fatal: string | null,
  stop: StopRequest,
  job: Job,
): EvolutionEnd {
  const outcome = finished?.outcome;
  switch (code) {
    case containerExit.DONE: {
      const complete = outcome === 'target' || outcome === 'early-stop' || outcome === 'iterations';
      const counted = outcome !== 'iterations' || finished?.ledger.done === job.iterations;
      return complete && counted
        ? { kind: 'complete', outcome }
        : { kind: 'unfinished', reason: 'the runner ended without doing what was asked' };
    }
    case containerExit.BAD_PROGRAM:
      throw new EntrypointError('BAD_PROGRAM', fatal ?? 'The program cannot be used.');
    case containerExit.NO_CANDIDATE:
      throw new EntrypointError('NO_CANDIDATE', fatal ?? 'No iteration gave a candidate.');
    case containerExit.INTERNAL:
      throw new EntrypointError('INTERNAL', fatal ?? 'The runner failed; the log says why.');
    case containerExit.GO_ON:
      return {
        kind: 'unfinished',
        reason: stop.stop ? `interrupted (${stop.stop.reason})` : 'ended short of what was asked',
      };
    case null:
      return {
        kind: 'unfinished',
        reason: stop.stop ? `interrupted (${stop.stop.reason}), killed` : 'the runner was killed',
      };
    default:
      throw new EntrypointError(
        'INTERNAL',
        `The runner ended with exit code ${code}, which it never chooses: the evaluator or the program may have ended the process.`,
      );
  }
}

async function writeRunFile(evolution: Evolution): Promise<string> {
  const { job, folders } = evolution;
  const runFile: RunFile = {
    version: RUNNER_PROTOCOL,
    program: join(folders.inputs, job.program),
    evaluator: join(folders.inputs, job.evaluator),
    config: evolution.configFile,
    output: folders.output,
    resume: evolution.resume,
    iterations: job.iterations,
    target_score: job.targetScore,
    workers: job.vcpus,
    save_interval_seconds: job.commitIntervalSeconds,
    drain_grace_seconds: DRAIN_GRACE_SECONDS,
    events_fd: EVENTS_FD,
    control_fd: CONTROL_FD,
  };
  await mkdir(folders.output, { recursive: true });
  const path = join(folders.run, 'run.json');
  await writeFile(path, JSON.stringify(runFile, null, 2));
  return path;
}

async function watchNoticesOf(
  { noticeFile, log, stop }: Evolution,
  runner: RunnerProcess,
  signal: AbortSignal,
  actions: {
    commitEachIteration: () => void;
    after: (milliseconds: number, action: () => void) => void;
  },
): Promise<void> {
  if (noticeFile === undefined) {
    return;
  }
  await watchNotices(noticeFile, signal, (notice) => {
    const plan = planForNotice(notice, new Date());
    log.warn(`Notice from the host: ${notice.action} at ${notice.time}. Saving now.`);
    runner.send({ command: 'save' });
    if (plan.commitEachIteration) {
      actions.commitEachIteration();
    }
    if (plan.stopInMs !== null) {
      actions.after(plan.stopInMs, () => stop.request('Spot notice'));
    }
  });
}

function describeIteration(event: IterationEvent): string {
  const score = event.score === null ? 'no score' : `score ${Number(event.score.toPrecision(6))}`;
  const what =
    event.id === null
      ? `failed: ${event.error}`
      : score + (event.is_best ? ', the best so far' : '');
  return `Iteration ${event.iteration} (${event.ledger.done} of ${event.ledger.asked}): ${what}`;
}

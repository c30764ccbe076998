import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Backend,
  BatchClientError,
  describeJob,
  drillJob,
  fetchResults,
  followLogs,
  submitJob,
} from '@openevolve-aws/batch-client';
import { containerExit, type Summary } from '@openevolve-aws/job-spec';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { z } from 'zod';
import { preparePython } from '../local-commands.ts';

/** The job's name, by which its results are known again. */
const NAME = 'quickstart';
const ITERATIONS = 60;
const VCPUS = 4;
/** What a small, fast model takes; so the run lasts long enough to be interrupted. */
const MODEL_LATENCY_MS = 800;
const SEED = 1;
/** Less than the 30 s before the end at which an attempt stops by itself: it stops at once. */
const NOTICE_SECONDS = 20;
const LOOK_MS = 500;

/** The entrypoint's own lines, without level and time; OpenEvolve's stay in the log. */
const ownLine = /^(?:INFO |WARN |ERROR) \S+Z (.*)$/;

const example = fileURLToPath(new URL('./quickstart/', import.meta.url));

export interface QuickstartOptions {
  readonly backend: Backend;
  readonly owner: string;
  readonly output: string;
  readonly print: (line: string) => void;
}

export interface QuickstartReport {
  readonly jobId: string;
  /** The job is done, was interrupted, resumed without loss, and has a better score. */
  readonly passed: boolean;
  readonly directory: string | null;
  readonly summary: Summary | null;
}

/**
 * The whole life of a job, with an interruption half way.
 *
 * @throws {BatchClientError} `CONFLICT` before anything is begun, when the folder holds something
 *   else than results of an earlier quickstart.
 */
export async function runQuickstart(options: QuickstartOptions): Promise<QuickstartReport> {
  const { backend, owner, output, print } = options;
  const isOurs = await holdsQuickstart(output);
  await preparePython(print);

  print('1. Submit: a poor function minimiser, to be evolved for 60 iterations on this machine.');
  const { jobId } = await submitJob(backend, {
    owner,
    program: join(example, 'initial_program.py'),
    evaluator: join(example, 'evaluator.py'),
    name: NAME,
    iterations: ITERATIONS,
    vcpus: VCPUS,
    // As many as the machine is used fully with would be done before it is taken.
    workers: VCPUS,
    model: { kind: 'offline', seed: SEED, latencyMs: MODEL_LATENCY_MS },
  });
  print(`   Job ${jobId}. Its programs come from the offline model, which is not an LLM.`);

  print('2. Watch: the log as it is written.');
  const watching = new AbortController();
  await Promise.all([
    showLog(options, jobId).finally(() => watching.abort()),
    interruptHalfWay(options, jobId, watching.signal),
  ]);
  const view = await describeJob(backend, owner, jobId);
  if (view.batch.status !== 'SUCCEEDED') {
    print(`The job failed: ${view.batch.statusReason}. See 'openevolve-aws logs ${jobId}'.`);
    return { jobId, passed: false, directory: null, summary: null };
  }

  print('4. Results:');
  const { directory, files, summary } = await fetchResults(backend, owner, jobId, {
    directory: output,
    force: isOurs,
  });
  for (const line of describeRun(summary)) {
    print(`   ${line}`);
  }
  const problem = findProblem(summary);
  if (problem !== null) {
    print(`The job is done, but not as this was to show: ${problem}.`);
  }
  print('');
  print(`The results are in ${directory}: ${files.join(', ')}`);
  print('Look next at:');
  const command = commandAsTyped();
  print(`  ${command} status ${jobId}     its attempts and commits`);
  print(`  ${command} logs ${jobId}       its log`);
  print(`  ${command} submit --help       to evolve a program of your own`);
  return { jobId, passed: problem === null, directory, summary };
}

/** Just enough of a summary to know it again, whatever release wrote it. */
const ownSummary = z.looseObject({ version: z.number(), name: z.literal(NAME) });

/** How to call this command again: by its name, or from a checkout by its file and its own Node. */
function commandAsTyped(): string {
  const file = process.argv[1] ?? '';
  if (basename(file) !== 'main.js') {
    return 'openevolve-aws';
  }
  const ownNode = relative('.', process.execPath);
  return `${ownNode.startsWith('..') ? 'node' : ownNode} ${relative('.', file)}`;
}

/** Whether a folder holds the results of an earlier quickstart; an empty or missing one does not. */
async function holdsQuickstart(output: string): Promise<boolean> {
  const entries = await readdir(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw new BatchClientError(
      'CONFLICT',
      `${output} is no folder; name another one with --output.`,
    );
  });
  if (entries.length === 0) {
    return false;
  }
  const content = await readFile(join(output, outputKeys.summary), 'utf8').catch(() => '');
  if (!ownSummary.safeParse(parseOrNull(content)).success) {
    throw new BatchClientError(
      'CONFLICT',
      `The folder ${output} holds something else than results of the quickstart; name another one with --output.`,
    );
  }
  return true;
}

function parseOrNull(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

async function showLog({ backend, owner, print }: QuickstartOptions, jobId: string) {
  for await (const { text } of followLogs(backend, owner, jobId, { follow: true })) {
    const own = ownLine.exec(text);
    if (own) {
      print(`   ${own[1]}`);
    }
  }
}

/** Sends the notice when half of the iterations are done. */
async function interruptHalfWay(
  { backend, owner, print }: QuickstartOptions,
  jobId: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { batch, progress } = await describeJob(backend, owner, jobId);
    if (batch.status === 'RUNNING' && (progress?.ledger.done ?? 0) >= ITERATIONS / 2) {
      print('3. Interrupt: a Spot notice, as when AWS takes the machine back.');
      await drillJob(backend, owner, jobId, NOTICE_SECONDS);
      return;
    }
    await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

function describeRun({ iterations, initial, best, attempts }: Summary): string[] {
  const score = (value: number | null | undefined) => value?.toPrecision(5) ?? 'none';
  return [
    `iterations  ${iterations.completed} of ${iterations.asked} done`,
    `score       ${score(initial?.score)} at the start, ${score(best?.score)} now`,
    ...attempts.map(({ resumedFrom, ended }, index) => {
      const from = resumedFrom
        ? `resumed from commit ${resumedFrom.commit} with ${resumedFrom.iterationsDone} iterations`
        : 'from the beginning';
      return `attempt ${index + 1}   ${from}; ${ended?.reason ?? 'no end is recorded'} (exit ${ended?.exitCode ?? 'unknown'})`;
    }),
    `lost        ${iterationsLost(attempts) ?? 'an unknown number of'} finished iterations`,
  ];
}

/** Null when it is not known of every attempt. */
function iterationsLost(attempts: Summary['attempts']): number | null {
  const lost = attempts.map(({ ended }) => ended?.iterationsLost ?? null);
  return lost.includes(null) ? null : lost.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** What the quickstart was to show and this run did not. */
function findProblem({ iterations, initial, best, attempts }: Summary): string | null {
  if (iterations.completed !== iterations.asked) {
    return 'it did another number of iterations than was asked for';
  }
  if (attempts.length < 2 || attempts[0]?.ended?.exitCode !== containerExit.GO_ON) {
    return 'it was not interrupted';
  }
  if (attempts[1]?.resumedFrom == null || iterationsLost(attempts) !== 0) {
    return 'finished iterations were lost';
  }
  if ((best?.score ?? 0) <= (initial?.score ?? 0)) {
    return 'the score is no better than at the start';
  }
  return null;
}

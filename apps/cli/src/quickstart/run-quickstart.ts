import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Backend,
  type BatchStatus,
  describeJob,
  drillJob,
  fetchResults,
  followLogs,
  isTerminal,
  type JobView,
  submitJob,
} from '@openevolve-aws/batch-client';
import type { Summary } from '@openevolve-aws/job-spec';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { preparePython } from '../local-commands.ts';

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
  readonly status: BatchStatus;
  readonly directory: string | null;
  readonly summary: Summary | null;
}

/** The whole life of a job, with an interruption half way. */
export async function runQuickstart(options: QuickstartOptions): Promise<QuickstartReport> {
  const { backend, owner, output, print } = options;
  await preparePython(print);

  print('1. Submit: a poor function minimiser, to be evolved for 60 iterations on this machine.');
  const { jobId } = await submitJob(backend, {
    owner,
    program: join(example, 'initial_program.py'),
    evaluator: join(example, 'evaluator.py'),
    name: 'quickstart',
    iterations: ITERATIONS,
    vcpus: VCPUS,
    model: { kind: 'offline', seed: SEED, latencyMs: MODEL_LATENCY_MS },
  });
  print(`   Job ${jobId}. Its programs come from the offline model, which is not an LLM.`);

  print('2. Watch: the log as it is written.');
  const watching = new AbortController();
  const interrupted = interruptHalfWay(options, jobId, watching.signal);
  try {
    for await (const { text } of followLogs(backend, owner, jobId, { follow: true })) {
      const own = ownLine.exec(text);
      if (own) {
        print(`   ${own[1]}`);
      }
    }
  } finally {
    watching.abort();
  }
  await interrupted;
  const view = await describeJob(backend, owner, jobId);
  if (view.batch.status !== 'SUCCEEDED') {
    print(`The job failed: ${view.batch.statusReason}. See 'openevolve-aws logs ${jobId}'.`);
    return { jobId, status: view.batch.status, directory: null, summary: null };
  }

  print('4. Results:');
  if (existsSync(join(output, outputKeys.summary))) {
    await rm(output, { recursive: true });
  }
  const { directory, files, summary } = await fetchResults(backend, owner, jobId, {
    directory: output,
  });
  for (const line of conclusion(view, summary)) {
    print(`   ${line}`);
  }
  print('');
  print(`The results are in ${directory}: ${files.join(', ')}`);
  print('Look next at:');
  print(`  openevolve-aws status ${jobId}      its attempts and commits`);
  print(`  openevolve-aws logs ${jobId}        its log`);
  print('  openevolve-aws submit --help         to evolve a program of your own');
  return { jobId, status: view.batch.status, directory, summary };
}

/** Sends the notice when half of the iterations are done. */
async function interruptHalfWay(
  { backend, owner, print }: QuickstartOptions,
  jobId: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { batch, progress } = await describeJob(backend, owner, jobId);
    if (isTerminal(batch.status)) {
      return;
    }
    if (batch.status === 'RUNNING' && (progress?.ledger.done ?? 0) >= ITERATIONS / 2) {
      print('3. Interrupt: a Spot notice, as when AWS takes the machine back.');
      await drillJob(backend, owner, jobId, NOTICE_SECONDS);
      return;
    }
    await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

function conclusion(view: JobView, summary: Summary): string[] {
  const { iterations, initial, best, attempts } = summary;
  const lost = attempts.reduce((sum, attempt) => sum + (attempt.ended?.iterationsLost ?? 0), 0);
  const score = (value: number | null | undefined) =>
    value === null || value === undefined ? 'none' : value.toPrecision(5);
  return [
    `iterations  ${iterations.completed} of ${iterations.asked} done`,
    `score       ${score(initial?.score)} at the start, ${score(best?.score)} now`,
    ...view.attempts.map((attempt, index) => {
      const from = attempt.resumedFrom
        ? `resumed from commit ${attempt.resumedFrom.commit} with ${attempt.resumedFrom.iterationsDone} iterations`
        : 'from the beginning';
      return `attempt ${index + 1}   ${from}; ${attempt.ended?.reason ?? 'no end recorded'} (exit ${attempt.ended?.exitCode ?? 'unknown'})`;
    }),
    `lost        ${lost} finished iterations`,
  ];
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EarlyStopping,
  type Job,
  type Ledger,
  RUNNER_MEMORY_MIB,
} from '@openevolve-aws/job-spec';
import { RUNNER_PROTOCOL, type RunFile } from './protocol.ts';
import { CONTROL_FD, EVENTS_FD } from './runner-process.ts';
import { workerLimits } from './worker-limits.ts';

/** How long running iterations may still take after a stop. */
const DRAIN_GRACE_SECONDS = 2;

/** What one run of the runner is made of. */
export interface RunnerWork {
  readonly job: Job;
  readonly asked: number;
  readonly folders: { readonly inputs: string; readonly run: string; readonly output: string };
  readonly configFile: string;
  /** Whether the container has a user of its own. */
  readonly isolated: boolean;
  readonly resume: {
    readonly checkpoint: string;
    readonly ledger: Ledger;
    readonly earlyStopping: EarlyStopping | null;
  } | null;
}

/** Writes the run file, and makes the output folder. */
export async function writeRunFile(work: RunnerWork): Promise<string> {
  const { job, asked, folders, configFile, resume } = work;
  const runFile: RunFile = {
    version: RUNNER_PROTOCOL,
    program: join(folders.inputs, job.program),
    evaluator: join(folders.inputs, job.evaluator),
    config: configFile,
    output: folders.output,
    resume: resume && {
      checkpoint: resume.checkpoint,
      ledger: { ...resume.ledger, asked },
      early_stopping: resume.earlyStopping,
    },
    iterations: asked,
    target_score: job.targetScore,
    workers: job.workers,
    vcpus: job.vcpus,
    memory_mib: job.memoryMib - RUNNER_MEMORY_MIB,
    evaluation_slots: job.evaluationSlots ?? job.vcpus,
    save_interval_seconds: job.commitIntervalSeconds,
    drain_grace_seconds: DRAIN_GRACE_SECONDS,
    worker_limits: workerLimits(job, work.isolated),
    events_fd: EVENTS_FD,
    control_fd: CONTROL_FD,
  };
  await mkdir(folders.output, { recursive: true });
  const path = join(folders.run, 'run.json');
  await writeFile(path, JSON.stringify(runFile, null, 2));
  return path;
}

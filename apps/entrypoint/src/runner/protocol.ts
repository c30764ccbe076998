import {
  earlyStoppingSchema,
  type Job,
  type Ledger,
  ledgerSchema,
  outcomeSchema,
  scoredProgramSchema,
  throughputSchema,
} from '@openevolve-aws/job-spec';
import { z } from 'zod';

/** The version of the contract with the Python runner; both sides refuse another one. */
export const RUNNER_PROTOCOL = 1;

/**
 * The run file: what the runner is told, in one JSON document whose path is its only argument.
 *
 * Paths are absolute. `iterations` is the total over all attempts. The runner writes events as JSON
 * lines to `events_fd` and reads commands as JSON lines from `control_fd`; it closes both in its
 * worker processes, where evolved code runs.
 */
export interface RunFile {
  readonly version: typeof RUNNER_PROTOCOL;
  readonly program: string;
  readonly evaluator: string;
  readonly config: string;
  /** Gets `checkpoints/`, `logs/` and `best/`. */
  readonly output: string;
  readonly resume: {
    readonly checkpoint: string;
    readonly ledger: Ledger;
    readonly early_stopping: z.output<typeof earlyStoppingSchema> | null;
  } | null;
  readonly iterations: number;
  readonly target_score: number | null;
  readonly workers: Job['workers'];
  readonly vcpus: number;
  /** For all workers together. */
  readonly memory_mib: number | null;
  /** How many evaluations may run at one time. */
  readonly evaluation_slots: number;
  readonly save_interval_seconds: number;
  /** How long running iterations may still take when the run is asked to stop. */
  readonly drain_grace_seconds: number;
  /** Bounds of each worker process; null for none. */
  readonly worker_limits: {
    readonly memory_mib: number | null;
    readonly file_mib: number | null;
    readonly processes: number | null;
  };
  readonly events_fd: number;
  readonly control_fd: number;
}

/**
 * `save` declares a checkpoint of all that is finished; `stop` drains, saves and ends. A later `stop`
 * changes the grace of an earlier one, which begins with the first. `held` tells how many model calls
 * wait in the gateway because the provider asked to wait: more workers would wait too.
 */
export type RunnerCommand =
  | { readonly command: 'save' }
  | { readonly command: 'held'; readonly calls: number }
  | { readonly command: 'stop'; readonly grace_seconds: number };

/** The runner is up, has loaded or evaluated the first program, and begins to iterate. */
const startedEvent = z.object({
  event: z.literal('started'),
  protocol: z.literal(RUNNER_PROTOCOL),
  openevolve: z.string(),
  python: z.string(),
  workers: z.int().min(1),
  ledger: ledgerSchema,
  initial: scoredProgramSchema.nullable(),
  best: scoredProgramSchema.nullable(),
});

/** One iteration finished. `id` and what follows are null when it produced no program. */
const iterationEvent = z.object({
  event: z.literal('iteration'),
  iteration: z.int().min(1),
  id: z.string().nullable(),
  parent: z.string().nullable(),
  island: z.int().min(0).nullable(),
  score: z.number().nullable(),
  metrics: scoredProgramSchema.shape.metrics.nullable(),
  seconds: z.number().min(0),
  tokens: z.object({ prompt: z.int().min(0), completion: z.int().min(0) }),
  /** Why there is no program, or why its evaluation failed. */
  error: z.string().nullable(),
  is_best: z.boolean(),
  ledger: ledgerSchema,
});

/**
 * A checkpoint directory is complete and will not change. The receiver deletes directories it no
 * longer needs, never the newest declared one: the next save may link unchanged files from it.
 */
const checkpointEvent = z.object({
  event: z.literal('checkpoint'),
  path: z.string(),
  label: z.string().regex(/^checkpoint_\d{1,12}$/),
  reason: z.enum(['timer', 'request', 'best', 'stop', 'end']),
  programs: z.int().min(0),
  ledger: ledgerSchema,
  initial: scoredProgramSchema.nullable(),
  best: scoredProgramSchema.nullable(),
  early_stopping: earlyStoppingSchema.nullable(),
});

/** The last event of a run that ended by itself; the final checkpoint came before it. */
const finishedEvent = z.object({
  event: z.literal('finished'),
  outcome: z.enum([...outcomeSchema.options, 'interrupted', 'short', 'no-candidate']),
  ledger: ledgerSchema,
});

/** How fully the machine is used; comes every few seconds. */
const throughputEvent = z.object({
  event: z.literal('throughput'),
  candidates_per_hour: z.number(),
  workers: z.int(),
  limited_by: throughputSchema.shape.limitedBy,
  slots: z.int(),
  model: z.int(),
  waiting: z.int(),
  evaluating: z.int(),
  model_seconds: z.number().nullable(),
  evaluation_seconds: z.number().nullable(),
  worker_mib: z.number().nullable(),
  vcpus_used: z.number(),
});

/** Something that a person must be told; `fatal` ends the run with the runner's exit code. */
const problemEvent = z.object({
  event: z.literal('problem'),
  severity: z.enum(['warning', 'fatal']),
  message: z.string(),
});

export const runnerEventSchema = z.discriminatedUnion('event', [
  startedEvent,
  iterationEvent,
  checkpointEvent,
  finishedEvent,
  problemEvent,
  throughputEvent,
]);

export type RunnerEvent = z.output<typeof runnerEventSchema>;
export type CheckpointEvent = z.output<typeof checkpointEvent>;
export type FinishedEvent = z.output<typeof finishedEvent>;
export type IterationEvent = z.output<typeof iterationEvent>;
export type StartedEvent = z.output<typeof startedEvent>;
export type ThroughputEvent = z.output<typeof throughputEvent>;

/** The guide's defaults, and the bounds that a request is held to. */
export const DEFAULT_ITERATIONS = 100;
export const DEFAULT_VCPUS = 8;
export const DEFAULT_MEMORY_MIB = 14_000;
/** Seconds between timed commits when something is new. */
export const DEFAULT_COMMIT_INTERVAL_SECONDS = 30;
/** How long a model provider may be down before the job ends. */
export const DEFAULT_MAX_OUTAGE_SECONDS = 600;
export const MAX_ITERATIONS = 1_000_000;
export const MAX_VCPUS = 256;
export const MAX_WORKERS = 4_096;
export const MIN_MEMORY_MIB = 256;
/** What the entrypoint, the runner and the system need beside the workers. */
export const RUNNER_MEMORY_MIB = 512;
/** What a worker needs before its evaluator has imported anything: NumPy alone takes half of it. */
export const WORKER_MEMORY_MIB = 256;
export const MAX_MEMORY_MIB = 4_000_000;
/** AWS Batch refuses more: https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html */
export const MAX_ATTEMPTS = 10;

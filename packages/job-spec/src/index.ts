export type { CliExitCode, CliExitName } from './contracts/cli-exit-codes.ts';
export { cliExit, cliExitCodes } from './contracts/cli-exit-codes.ts';
export type { ContainerEnvironment } from './contracts/container-environment.ts';
export { parseContainerEnvironment } from './contracts/container-environment.ts';
export type {
  ContainerExitCode,
  ContainerExitName,
  RetryAction,
} from './contracts/container-exit-codes.ts';
export {
  containerExit,
  containerExitCodes,
  describeContainerExit,
} from './contracts/container-exit-codes.ts';
export type { Notice } from './contracts/notice.ts';
export { noticeSchema } from './contracts/notice.ts';
export { findConfigProblems } from './contracts/openevolve-config.ts';
export { parseOpenEvolveYaml } from './contracts/openevolve-yaml.ts';
export { PROVIDER_KEY_PLACEHOLDER } from './contracts/provider-key.ts';
export type { AttemptEnd, RetryRule } from './contracts/retry-rules.ts';
export { decideRetry, retryRules } from './contracts/retry-rules.ts';
export type { GuideOutputs, OutputName } from './contracts/stack-outputs.ts';
export {
  guideOutputs,
  outputNames,
  outputOfAccessKey,
  stackName,
} from './contracts/stack-outputs.ts';
export type { AttemptEndKind, AttemptRecord } from './documents/attempt-record.ts';
export { attemptEndSchema, attemptRecordSchema } from './documents/attempt-record.ts';
export type { Control } from './documents/control.ts';
export { controlSchema } from './documents/control.ts';
export type { Job, JobModel } from './documents/job.ts';
export {
  idempotencyKeySchema,
  iterationsSchema,
  jobSchema,
  jobVariableSchema,
  maxOutageSecondsSchema,
  memoryMibSchema,
  modelSchema,
  timeoutSecondsSchema,
  vcpusSchema,
  workersSchema,
} from './documents/job.ts';
export type { JobLimits } from './documents/job-limits.ts';
export { limitsOf } from './documents/job-limits.ts';
export type { Ledger } from './documents/ledger.ts';
export { emptyLedger, iterationsLeft, ledgerSchema } from './documents/ledger.ts';
export type {
  ClaimEntry,
  CommitEntry,
  EarlyStopping,
  EndEntry,
  LedgerEntry,
  LogEntry,
  Outcome,
  PackReference,
  PruneEntry,
  QuarantineEntry,
  StopEntry,
} from './documents/log-entry.ts';
export {
  claimEntrySchema,
  commitEntrySchema,
  earlyStoppingSchema,
  endEntrySchema,
  ledgerEntrySchema,
  logEntrySchema,
  MAX_SEQ,
  outcomeSchema,
  packReferenceSchema,
  pruneEntrySchema,
  quarantineEntrySchema,
  seqSchema,
  stopEntrySchema,
} from './documents/log-entry.ts';
export {
  describeIssues,
  parseDocument,
  parseJson,
  requireVersion,
  serializeDocument,
} from './documents/parse.ts';
export type { Progress, Throughput } from './documents/progress.ts';
export { progressSchema, throughputSchema } from './documents/progress.ts';
export type { Metrics, ScoredProgram } from './documents/score.ts';
export { metricsSchema, scoredProgramSchema } from './documents/score.ts';
export type { Settings } from './documents/settings.ts';
export { settingsSchema } from './documents/settings.ts';
export type { Amount, ModelSpend, Price, Spend } from './documents/spend.ts';
export {
  maxTokensSchema,
  maxUsdSchema,
  priceSchema,
  pricesSchema,
  spendSchema,
  usdSpent,
} from './documents/spend.ts';
export type { StackConfig } from './documents/stack-config.ts';
export { stackConfigSchema } from './documents/stack-config.ts';
export type { BatchIdRecord, Submission } from './documents/submission.ts';
export { batchIdRecordSchema, submissionSchema } from './documents/submission.ts';
export type { Summary } from './documents/summary.ts';
export { summarySchema } from './documents/summary.ts';
export { timeLeftMs } from './documents/time-limit.ts';
export type { JobSpecErrorCode } from './errors.ts';
export { JobSpecError } from './errors.ts';
export {
  DEFAULT_COMMIT_INTERVAL_SECONDS,
  DEFAULT_ITERATIONS,
  DEFAULT_MAX_OUTAGE_SECONDS,
  DEFAULT_MEMORY_MIB,
  DEFAULT_VCPUS,
  MAX_ATTEMPTS,
  MAX_ITERATIONS,
  MAX_MEMORY_MIB,
  MAX_VCPUS,
  MIN_MEMORY_MIB,
  RUNNER_MEMORY_MIB,
  WORKER_MEMORY_MIB,
} from './limits.ts';
export {
  jobIdSchema,
  jobNameSchema,
  ownerSchema,
  relativeFileSchema,
  sha256Schema,
  timestampSchema,
} from './names.ts';

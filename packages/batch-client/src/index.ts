export { ownerFromUserName } from '@openevolve-aws/s3-layout';
export type { AwsBackendOptions } from './aws/aws-backend.ts';
export { openAwsBackend } from './aws/aws-backend.ts';
export { awsClients } from './aws/clients.ts';
export { resolveOwner } from './aws/identity.ts';
export type {
  AwsClients,
  BatchApi,
  Call,
  CallerIdentity,
  FormationApi,
  LogsApi,
  QuotasApi,
  SecretsApi,
  SnsApi,
  SsmApi,
  StsApi,
} from './aws/ports.ts';
export { plannedCall } from './aws/submit-job-input.ts';
export type {
  Backend,
  BatchAttempt,
  BatchJob,
  BatchStatus,
  BatchSubmission,
  CallOptions,
  LogLine,
  LogRequest,
} from './backend.ts';
export { batchStatuses, isTerminal } from './backend.ts';
export type { Check, CheckName } from './diagnose/check.ts';
export type { DiagnoseRequest } from './diagnose/diagnose.ts';
export { diagnose } from './diagnose/diagnose.ts';
export type { BatchClientErrorCode } from './errors.ts';
export { BatchClientError } from './errors.ts';
export type { CancelRequest } from './jobs/cancel-job.ts';
export { cancelJob } from './jobs/cancel-job.ts';
export { controlJob } from './jobs/control-job.ts';
export type { JobView } from './jobs/describe-job.ts';
export { describeJob } from './jobs/describe-job.ts';
export { describeJobs } from './jobs/describe-jobs.ts';
export { drillJob } from './jobs/drill-job.ts';
export type { Explanation } from './jobs/explain-job.ts';
export { explainJob, explainView } from './jobs/explain-job.ts';
export type { FetchedResults, ResultsProgress, ResultsRequest } from './jobs/fetch-results.ts';
export { fetchResults } from './jobs/fetch-results.ts';
export { findJob } from './jobs/find-job.ts';
export type { Run } from './jobs/find-run.ts';
export { findRun } from './jobs/find-run.ts';
export { followLogs } from './jobs/follow-logs.ts';
export type { ListedJob, ListRequest } from './jobs/list-jobs.ts';
export { listJobs } from './jobs/list-jobs.ts';
export type { SubmissionPlan, SubmitRequest } from './jobs/plan-submission.ts';
export { planSubmission } from './jobs/plan-submission.ts';
export type { ResumedJob, ResumeRequest } from './jobs/resume-job.ts';
export { resumeJob } from './jobs/resume-job.ts';
export type { SubmittedJob } from './jobs/submit-job.ts';
export { submitJob, submitPlan } from './jobs/submit-job.ts';
export type { Verification, VerifiedCommit, VerifyRequest } from './jobs/verify-job.ts';
export { verifyJob } from './jobs/verify-job.ts';
export type { WaitRequest } from './jobs/wait-for-job.ts';
export { waitForJob } from './jobs/wait-for-job.ts';
export type { LocalHome } from './local/home.ts';
export { defaultHomeDirectory, localHome } from './local/home.ts';
export type { LocalBackendOptions } from './local/local-backend.ts';
export { openLocalBackend } from './local/local-backend.ts';
export { canAskAProvider } from './local/secrets.ts';
export type { SupervisorOptions } from './local/supervisor.ts';
export { runSupervisor } from './local/supervisor.ts';
export { deployedSettings, settingsParameter } from './settings/deployed-settings.ts';
export { ownJobDefinition } from './settings/job-definition.ts';
export type {
  LoadedSettings,
  LoadOptions,
  SettingFlags,
  SettingOrigin,
  SettingsSource,
} from './settings/load-settings.ts';
export { loadSettings } from './settings/load-settings.ts';
export { profileFile, readProfile, writeProfile } from './settings/profile.ts';
export { chosenRegion } from './settings/region.ts';

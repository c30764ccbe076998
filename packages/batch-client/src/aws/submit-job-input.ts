import type { SubmitJobCommandInput } from '@aws-sdk/client-batch';
import type { Settings } from '@openevolve-aws/job-spec';
import { jobPrefixes } from '@openevolve-aws/s3-layout';
import type { BatchSubmission } from '../backend.ts';
import { submissionOf } from '../jobs/make-submission.ts';
import type { SubmissionPlan } from '../jobs/plan-submission.ts';
import { ownJobDefinition } from '../settings/job-definition.ts';

/**
 * A submission as AWS Batch takes it. Pure.
 *
 * The environment holds names and places only: anyone in the account may describe the job. Its size
 * is in `resourceRequirements`, since `vcpus` and `memory` are deprecated; its share is the owner.
 *
 * @example
 * await batch.submitJob(submitJobInput(submission, settings));
 */
export function submitJobInput(
  submission: BatchSubmission,
  settings: Settings,
): SubmitJobCommandInput {
  const { owner, jobId } = submission;
  const prefixes = jobPrefixes(owner, jobId);
  const environment = {
    S3_INPUT_PREFIX: `s3://${settings.inputBucket}/${prefixes.input}`,
    S3_OUTPUT_PREFIX: `s3://${settings.outputBucket}/${prefixes.output}`,
    JOB_OWNER: owner,
    JOB_SHORT_ID: jobId,
    OPENEVOLVE_SUBMISSION: String(submission.submission),
  };
  return {
    jobName: submission.batchJobName,
    jobQueue: settings.jobQueue,
    jobDefinition: ownJobDefinition(settings.jobDefinition, owner, submission.definitionRevision),
    shareIdentifier: owner,
    containerOverrides: {
      environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
      resourceRequirements: [
        { type: 'VCPU', value: String(submission.vcpus) },
        { type: 'MEMORY', value: String(submission.memoryMib) },
      ],
    },
    // The permission to end a job, and its costs, go by these.
    tags: {
      Owner: owner,
      JobShortId: jobId,
      Environment: settings.environment,
      Service: 'openevolve',
    },
    propagateTags: true,
  };
}

/**
 * The call that a planned submission will make, to be shown before it is made. Pure.
 *
 * @example
 * const plan = await planSubmission(backend, request);
 * console.log(JSON.stringify(plannedCall(plan, settings), null, 2));
 */
export function plannedCall(plan: SubmissionPlan, settings: Settings): SubmitJobCommandInput {
  return submitJobInput(submissionOf(plan.job, 1, plan.definitionRevision), settings);
}

import { MAX_ATTEMPTS, type RetryRule, retryRules } from '@openevolve-aws/job-spec';
import { Action, Reason, RetryStrategy } from 'aws-cdk-lib/aws-batch';

/** The properties of a Batch job definition that say when a failed attempt is followed by another. */
export interface JobRetry {
  readonly retryAttempts: number;
  readonly retryStrategies: RetryStrategy[];
}

/**
 * The retry rules of job-spec as properties of any CDK job definition. Order is kept: AWS Batch
 * takes the first rule that matches, and retries what matches none.
 *
 * @example
 * new EcsJobDefinition(this, 'Job', { container, ...jobRetry() });
 */
export function jobRetry(): JobRetry {
  return { retryAttempts: MAX_ATTEMPTS, retryStrategies: retryRules.map(toRetryStrategy) };
}

function toRetryStrategy({ action, ...on }: RetryRule): RetryStrategy {
  return RetryStrategy.of(Action[action], Reason.custom(on));
}

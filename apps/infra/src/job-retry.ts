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
 * @param attempts at most, from 1 to 10.
 * @example
 * new EcsJobDefinition(this, 'Job', { container, ...jobRetry() });
 */
export function jobRetry(attempts: number = MAX_ATTEMPTS): JobRetry {
  return { retryAttempts: attempts, retryStrategies: retryRules.map(toRetryStrategy) };
}

function toRetryStrategy({ action, ...on }: RetryRule): RetryStrategy {
  return RetryStrategy.of(Action[action], Reason.custom(on));
}

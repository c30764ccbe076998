/**
 * A stack of an environment in CloudFormation.
 *
 * @param group which further group of users it is for, from 1; the first stack without it.
 * @example
 * stackName('prod', 1); // 'openevolve-prod-users-1'
 */
export function stackName(environment: string, group?: number): string {
  const first = `openevolve-${environment}`;
  return group === undefined ? first : `${first}-users-${group}`;
}

/** Outputs of an environment's first stack. */
export type OutputName = (typeof outputNames)[number];

export const outputNames = [
  'EcrRepositoryUrl',
  'InputBucket',
  'OutputBucket',
  'JobQueue',
  'JobDefinition',
  'Region',
  'GeminiSecretArn',
] as const;

const ACCESS_KEY = 'AccessKey';

/** The output that tells the ARN of the secret with an owner's access key. */
export function outputOfAccessKey(owner: string): string {
  return `${ACCESS_KEY}${owner}`;
}

/** What the guide calls the outputs. */
export interface GuideOutputs {
  readonly ecr_repository_url: string;
  /** The variables of step 8. */
  readonly cli_config: {
    readonly OPENEVOLVE_INPUT_BUCKET: string;
    readonly OPENEVOLVE_OUTPUT_BUCKET: string;
    readonly OPENEVOLVE_JOB_QUEUE: string;
    readonly OPENEVOLVE_JOB_DEFINITION: string;
    readonly AWS_DEFAULT_REGION: string;
  };
  readonly gemini_secret_arn: string;
  /** By owner, the secret that holds the access key; never the key itself. */
  readonly user_credentials: Readonly<Record<string, string>>;
}

/**
 * Stack outputs under the guide's names.
 *
 * @param outputs of all stacks of an environment, as CloudFormation tells them.
 * @example
 * guideOutputs(outputs).cli_config.OPENEVOLVE_JOB_QUEUE; // 'openevolve-prod-queue'
 */
export function guideOutputs(
  outputs: Readonly<Record<OutputName, string>> & Readonly<Record<string, string>>,
): GuideOutputs {
  return {
    ecr_repository_url: outputs.EcrRepositoryUrl,
    cli_config: {
      OPENEVOLVE_INPUT_BUCKET: outputs.InputBucket,
      OPENEVOLVE_OUTPUT_BUCKET: outputs.OutputBucket,
      OPENEVOLVE_JOB_QUEUE: outputs.JobQueue,
      OPENEVOLVE_JOB_DEFINITION: outputs.JobDefinition,
      AWS_DEFAULT_REGION: outputs.Region,
    },
    gemini_secret_arn: outputs.GeminiSecretArn,
    user_credentials: Object.fromEntries(
      Object.entries(outputs)
        .filter(([name]) => name.startsWith(ACCESS_KEY))
        .map(([name, arn]) => [name.slice(ACCESS_KEY.length), arn]),
    ),
  };
}

import { describeContainerExit } from '@openevolve-aws/job-spec';

/** What is said of a reason that AWS gives, and what helps. */
export interface PlainReason {
  readonly sentence: string;
  /** What to do; null when it passes by itself, or nothing can be done. */
  readonly fix: string | null;
}

/** How an attempt or a job ended, or why it waits, as AWS Batch tells it. */
export interface ReportedEnd {
  readonly statusReason?: string | undefined;
  /** The container's own reason. */
  readonly containerReason?: string | undefined;
  readonly exitCode?: number | undefined;
}

type Rule = readonly [pattern: RegExp, sentence: string, fix: string | null];

/**
 * Texts of AWS Batch and Amazon ECS:
 * https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_time_limit_actions.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
const RULES: readonly Rule[] = [
  [/^Host EC2\b.*terminated/i, 'Its machine was taken away, as happens to Spot machines', null],
  [
    /CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY/,
    'AWS has no Spot or On-Demand machine of the allowed types free',
    'Wait, or let an administrator add instance types to the deployment',
  ],
  [
    /MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE/,
    'Its compute environments have reached their most vCPUs, or the job asks for more than they may have',
    'Wait for other jobs to end, ask for fewer vCPUs, or let an administrator raise maxVcpus',
  ],
  [
    /MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT/,
    'It asks for more vCPUs or memory than any allowed instance type has',
    'Ask for less with --vcpus and --memory, or let an administrator add larger instance types',
  ],
  [
    /MISCONFIGURATION:(EC2_)?INSTANCE_CONFIGURATION_UNSUPPORTED/,
    "The machines' configuration does not fit their instance types",
    'An administrator must mend the launch template or the instance types, and deploy',
  ],
  [
    /MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS/,
    "AWS Batch's service role may not start machines",
    'An administrator must mend the role, and deploy',
  ],
  [
    /ACTION_REQUIRED/,
    'The compute environment cannot be used until somebody acts',
    'An administrator must look at the compute environment in AWS Batch',
  ],
  [/UNDETERMINED/, 'AWS Batch cannot tell why it waits', null],
  [
    /CannotPullContainer|CannotPullImage|manifest unknown/i,
    'The container image cannot be pulled',
    "An administrator must push the image that the job definition names ('openevolve-aws doctor' shows it)",
  ],
  [
    /ResourceInitializationError.*secret|unable to (pull|retrieve) secret|secretsmanager/is,
    "The model provider's key cannot be read from Secrets Manager",
    "An administrator must store it ('openevolve-aws secret set') and let the execution role read it",
  ],
  [
    /OutOfMemory/i,
    'It ran out of memory',
    'Resume it with a job of more --memory, or use fewer --vcpus, since each has a worker',
  ],
  [
    /DockerTimeoutError|CannotStartContainer|CannotCreateContainer|ContainerRuntime/i,
    'Its machine could not start the container',
    null,
  ],
  [
    /Job attempt duration exceeded timeout/i,
    'It ran longer than its time limit',
    'Resume it to go on',
  ],
  [/^Dependent Job failed/i, 'A job that it depends on has failed', null],
];

/** What AWS Batch says whatever the cause was. */
const EMPTY_WORDS = /^(Essential container in task exited|Task failed to start)\.?$/i;

/**
 * A reason in plain words: what is known of the text, the text itself, or else the exit code. Pure.
 *
 * @returns null when AWS Batch gives no reason, or for a plain success.
 * @example
 * plainReason({ statusReason: 'Host EC2 (instance i-0123456789abcdef0) terminated.' })?.sentence;
 */
export function plainReason(end: ReportedEnd): PlainReason | null {
  const { statusReason = '', containerReason = '', exitCode } = end;
  const reported = [statusReason, containerReason].filter(Boolean);
  for (const text of reported) {
    const rule = RULES.find(([pattern]) => pattern.test(text));
    if (rule) {
      return { sentence: rule[1], fix: rule[2] };
    }
  }
  const own = statusReason.trim();
  if (own !== '' && !EMPTY_WORDS.test(own)) {
    return { sentence: own.replace(/\.$/, ''), fix: null };
  }
  if (exitCode === 0) {
    return null;
  }
  if (exitCode !== undefined) {
    return { sentence: capitalised(describeContainerExit(exitCode)), fix: null };
  }
  const words = containerReason.trim() || own;
  return words === '' ? null : { sentence: words.replace(/\.$/, ''), fix: null };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import { guideFiles } from '../../apps/cli/tests/aws/guide-files.ts';

/** One command, as the guide has it. */
export interface Command {
  readonly typed: string;
  /** What is typed when it asks. */
  readonly answers?: readonly string[];
  /** 0 without it. */
  readonly exitCode?: number;
  /** The guide's own output, where it shows one. */
  readonly guideOutput?: string;
  /** What must be in the output. */
  readonly shows?: readonly RegExp[];
  /** What happens meanwhile or just before, from outside. */
  readonly before?: 'Spot takes the machine';
  /** What the guide does not type, and why it is typed here. */
  readonly ours?: string;
}

export interface Step {
  readonly title: string;
  readonly commands: readonly Command[];
}

const submit = (iterations: number): string => `openevolve-aws submit \\
  --program   /tmp/initial_program.py \\
  --evaluator /tmp/evaluator.py \\
  --iterations ${iterations}`;

const written = (name: keyof typeof guideFiles): string =>
  `cat > /tmp/${name} << 'EOF'\n${guideFiles[name]}EOF`;

/** What a person reads of a job while it runs. */
const waitUntilItRuns: Command = {
  typed: `until openevolve-aws logs \${JOB_ID} 2> /dev/null | grep -q " Iteration 20 ("; do sleep 1; done`,
  ours: 'A person looks now and then.',
};

/**
 * Steps 8 to 14 of the guide. Commands are the guide's own; `JOB_ID` is the id that the submission
 * before printed.
 */
export function guideSteps(user: { readonly key: string; readonly secret: string }): Step[] {
  return [
    {
      title: 'Step 8: Set Up the CLI Environment',
      commands: [
        { typed: 'export OPENEVOLVE_INPUT_BUCKET="openevolve-prod-inputs-xxxx"' },
        { typed: 'export OPENEVOLVE_OUTPUT_BUCKET="openevolve-prod-outputs-xxxx"' },
        { typed: 'export OPENEVOLVE_JOB_QUEUE="openevolve-prod-queue"' },
        { typed: 'export OPENEVOLVE_JOB_DEFINITION="openevolve-prod-job"' },
        { typed: 'export AWS_DEFAULT_REGION="us-east-1"' },
      ],
    },
    {
      title: 'Step 9: Configure Per-User AWS Credentials',
      commands: [
        {
          typed: 'aws configure --profile openevolve',
          answers: [user.key, user.secret, 'us-east-1', 'json'],
        },
        { typed: 'export AWS_PROFILE=openevolve' },
      ],
    },
    {
      title: 'Step 10: Submit Your First Job',
      commands: [
        { typed: written('initial_program.py') },
        { typed: written('evaluator.py') },
        {
          typed: submit(100),
          guideOutput: `Job short ID : a1b2c3d4
User         : alice
Iterations   : 100

Uploading inputs to s3://openevolve-prod-inputs-xxxx/users/alice/a1b2c3d4/input...
Submitting to Batch...

  Batch job ID : abc12345-6789-abcd-ef01-234567890abc
  Status       : SUBMITTED
  Results will appear at: s3://openevolve-prod-outputs-xxxx/users/alice/a1b2c3d4/output

  Track progress:
    openevolve-aws status  abc12345-6789-abcd-ef01-234567890abc
    openevolve-aws logs    abc12345-6789-abcd-ef01-234567890abc --follow
    openevolve-aws results abc12345-6789-abcd-ef01-234567890abc
`,
        },
      ],
    },
    {
      title: 'Step 11: Monitor the Job',
      commands: [
        {
          typed: `openevolve-aws status \${JOB_ID}`,
          shows: [/^User {9}: alice$/m, /^Status {7}: /m],
        },
        { typed: 'openevolve-aws list RUNNING', shows: [/^[0-9a-f]{8} .* RUNNING /m] },
        {
          typed: `openevolve-aws logs \${JOB_ID} --follow`,
          shows: [/ Iteration 100 \(/, /exit code 0/],
        },
        { typed: 'openevolve-aws list SUCCEEDED', shows: [/ SUCCEEDED /] },
        { typed: 'openevolve-aws list FAILED', shows: [/alice has no FAILED jobs here/] },
      ],
    },
    {
      title: 'Step 12: Download Results',
      commands: [
        {
          typed: `openevolve-aws results \${JOB_ID} --output ./my-results`,
          shows: [/best_program\.py/, /evolution_summary\.json/, /logs\//],
        },
        {
          typed: 'ls ./my-results',
          guideOutput: 'best_program.py\nevolution_summary.json\nlogs\n',
          ours: 'The tree that the guide promises in words.',
        },
        {
          typed: `aws s3 sync \\\n  "s3://\${OPENEVOLVE_OUTPUT_BUCKET}/users/alice/\${SHORT_ID}/output/checkpoints/" \\\n  "./my-results/checkpoints/"`,
          shows: [/download: .*checkpoint_100\/metadata\.json/],
        },
        {
          typed: `openevolve-aws results \${JOB_ID} --checkpoints all --output ./with-checkpoints`,
          shows: [/checkpoints\/checkpoint_100/],
          ours: 'The same without the AWS CLI, every hash checked.',
        },
      ],
    },
    {
      title: 'Step 13: Spot Interruption and Automatic Resume',
      commands: [
        { typed: submit(1500), ours: 'A job that is long enough to be interrupted.' },
        waitUntilItRuns,
        {
          before: 'Spot takes the machine',
          typed: `openevolve-aws logs \${JOB_ID} --follow`,
          shows: [/ Iteration 1500 \(/, /exit code 0/],
          ours: 'No manual action: it is only watched.',
        },
        {
          typed: `openevolve-aws status \${JOB_ID}`,
          shows: [
            /^Iterations {3}: 1500 of 1500 done/m,
            /attempt 1 ended with \d+ iterations, none lost: /,
            /attempt 2 began, from commit \d+ with \d+ iterations/,
            /attempt 2 ended with 1500 iterations, none lost/,
          ],
          ours: 'Two attempts, and nothing lost.',
        },
      ],
    },
    {
      title: 'Step 14: Cancel a Job',
      commands: [
        { typed: submit(100_000), ours: 'A job to cancel.' },
        waitUntilItRuns,
        {
          typed: `openevolve-aws cancel \${JOB_ID}`,
          shows: [/is being cancelled; it was RUNNING/],
        },
        {
          typed: `openevolve-aws status \${JOB_ID}`,
          shows: [/^Status {7}: FAILED/m, /none lost/],
          ours: 'What was finished is saved.',
        },
      ],
    },
  ];
}

import { inputKeys, jobPrefixes, outputKeys, ownerPrefix } from '@openevolve-aws/s3-layout';
import { ACCOUNT } from '../resolve-template.ts';
import type { Account, Principal, Request } from './account.ts';

/** Everybody who could want something of alice's. */
export function everybody(account: Account) {
  return {
    alice: account.iamUser('alice'),
    'session of alice': account.session('alice@example.com', 'alice'),
    bob: account.iamUser('bob'),
    alice2: account.iamUser('alice2'),
    'session of bob': account.session('bob@example.com', 'bob'),
    'session without tag': account.session('eve@example.com', null),
    'session with tag *': account.session('mallory@example.com', '*'),
    "alice's job": account.jobRole('alice'),
    "bob's job": account.jobRole('bob'),
    "alice2's job": account.jobRole('alice2'),
    'execution role': account.executionRole(),
    'machine role': account.machineRole(),
    administrator: account.administrator(),
  } as const satisfies Record<string, Principal>;
}

export type Who = keyof ReturnType<typeof everybody>;

export interface Row {
  readonly what: string;
  /** All must be allowed; made anew for each who asks, since a caller can ask as himself. */
  readonly requests: (self: string) => readonly Request[];
  readonly allowed: readonly Who[];
}

const JOB = '0a1b2c3d';
const batch = (resource: string) => `arn:aws:batch:us-east-1:${ACCOUNT}:${resource}`;
const logs = (resource: string) => `arn:aws:logs:us-east-1:${ACCOUNT}:${resource}`;
const iam = (resource: string) => `arn:aws:iam::${ACCOUNT}:${resource}`;

const ownUsers: readonly Who[] = ['alice', 'session of alice', 'administrator'];
const allUsers: readonly Who[] = [
  ...ownUsers,
  'bob',
  'alice2',
  'session of bob',
  'session without tag',
  'session with tag *',
];

/** Every object of a job's layout, in each of the three ways that matter. */
export function objectRows(): Row[] {
  const { input, output } = jobPrefixes('alice', JOB);
  const inputs = [
    `${ownerPrefix('alice')}/by-batch-id/x`,
    ...[
      inputKeys.job,
      inputKeys.program('.py'),
      inputKeys.evaluator('.py'),
      inputKeys.config,
      inputKeys.requirements,
      'data.csv',
      inputKeys.control(1),
      inputKeys.submission(1),
    ].map((key) => `${input}/${key}`),
  ];
  const outputs = [
    outputKeys.bestProgram('.py'),
    outputKeys.summary,
    outputKeys.log('iterations.jsonl'),
    outputKeys.best('best_program.py'),
    outputKeys.progress,
    outputKeys.attempt(1),
    outputKeys.trace(1, 1),
    outputKeys.commit(1),
    outputKeys.pack(1, 1),
    `${outputKeys.checkpoint('checkpoint_1')}metadata.json`,
  ].map((key) => `${output}/${key}`);
  const rows = (bucket: string, keys: string[], users: string[], job: string[]) =>
    keys.flatMap((key) =>
      ['GetObject', 'PutObject', 'DeleteObject'].map((operation) => ({
        what: `${operation} ${bucket}: ${key}`,
        requests: () => [{ action: `s3:${operation}`, resource: `arn:aws:s3:::${bucket}/${key}` }],
        allowed: [
          ...(users.includes(operation) ? ownUsers : (['administrator'] as const)),
          ...(job.includes(operation) ? (["alice's job"] as const) : []),
        ],
      })),
    );
  const everything = ['GetObject', 'PutObject', 'DeleteObject'];
  return [
    ...rows('inputs', inputs, everything, ['GetObject']),
    ...rows('outputs', outputs, ['GetObject'], everything),
  ];
}

/** What else can be asked of an environment; `self` is the owner that a caller is, or claims to be. */
export function actionRows(account: Account): Row[] {
  const one =
    (action: string, resource: string, context?: Record<string, string>) => (): Request[] => [
      { action, resource, ...(context ? { context } : {}) },
    ];
  const list = (prefix?: string) =>
    one(
      's3:ListBucket',
      'arn:aws:s3:::outputs',
      prefix === undefined ? {} : { 's3:prefix': prefix },
    );
  const ofAlice = { 'aws:ResourceTag/Owner': 'alice', 'aws:ResourceTag/Environment': 'prod' };
  const log = '/aws/batch/openevolve/prod/alice';
  const aliceJobRole = account.arnOf('OwneraliceJobRole');
  const asSelf =
    (change: (self: string) => Submission = () => ({})) =>
    (self: string) =>
      submit({ definition: self, tag: self, share: self, ...change(self) });
  return [
    {
      what: 'list users/alice/',
      requests: list('users/alice/'),
      allowed: [...ownUsers, "alice's job"],
    },
    {
      what: 'list users/alice, which alice2 shares',
      requests: list('users/alice'),
      allowed: ['administrator'],
    },
    { what: 'list the whole bucket', requests: list(), allowed: ['administrator'] },
    {
      what: 'read a result over plain HTTP',
      requests: one('s3:GetObject', `arn:aws:s3:::outputs/users/alice/${JOB}/output/x`, {
        'aws:SecureTransport': 'false',
      }),
      allowed: [],
    },
    {
      what: "tag alice's outputs",
      requests: one('s3:PutObjectTagging', `arn:aws:s3:::outputs/users/alice/${JOB}/output/x`),
      allowed: [...ownUsers, "alice's job"],
    },
    {
      what: "clear the tags of alice's outputs",
      requests: one('s3:DeleteObjectTagging', `arn:aws:s3:::outputs/users/alice/${JOB}/output/x`),
      allowed: ownUsers,
    },
    {
      what: 'change a bucket policy',
      requests: one('s3:PutBucketPolicy', 'arn:aws:s3:::outputs'),
      allowed: ['administrator'],
    },

    { what: 'submit as alice', requests: () => submit({}), allowed: ownUsers },
    {
      what: "submit a given revision of alice's definition",
      requests: () => submit({ definition: 'alice:3' }),
      allowed: ownUsers,
    },
    {
      what: "submit as oneself with alice's definition",
      // Also where AWS Batch does not ask for the definition's tags.
      requests: (self) =>
        asSelf(() => ({ definition: 'alice' }))(self).filter(
          ({ action }) => action === 'batch:SubmitJob',
        ),
      allowed: ownUsers,
    },
    {
      what: 'submit as oneself with a job that is tagged as of alice',
      requests: asSelf(() => ({ tag: 'alice' })),
      allowed: ownUsers,
    },
    {
      what: "submit as oneself on alice's share",
      requests: asSelf(() => ({ share: 'alice' })),
      allowed: ownUsers,
    },
    {
      what: 'submit without a tag',
      requests: asSelf(() => ({ tag: null })),
      allowed: ['administrator'],
    },
    {
      what: 'submit without a share',
      requests: asSelf(() => ({ share: null })),
      allowed: ['administrator'],
    },
    {
      what: 'submit to another queue',
      requests: asSelf(() => ({ queue: 'other' })),
      allowed: ['administrator'],
    },
    {
      what: 'submit with a definition of another environment',
      requests: asSelf((self) => ({ definition: self, environment: 'lab' })),
      allowed: ['administrator'],
    },
    ...['CancelJob', 'TerminateJob'].map((action) => ({
      what: `${action}: a job of alice`,
      requests: one(`batch:${action}`, batch('job/x'), ofAlice),
      allowed: ownUsers,
    })),
    {
      what: 'TerminateJob: a job without tags',
      requests: one('batch:TerminateJob', batch('job/x')),
      allowed: ['administrator'],
    },
    {
      what: "TerminateJob: alice's job of another environment",
      requests: one('batch:TerminateJob', batch('job/x'), {
        ...ofAlice,
        'aws:ResourceTag/Environment': 'lab',
      }),
      allowed: ['administrator'],
    },
    {
      what: "tag alice's job as one's own",
      requests: (self) => [
        {
          action: 'batch:TagResource',
          resource: batch('job/x'),
          context: {
            ...ofAlice,
            'aws:RequestTag/Owner': self,
            'aws:RequestTag/Environment': 'prod',
          },
        },
      ],
      allowed: ownUsers,
    },
    {
      what: "tag alice's job definition as with a job",
      requests: tagging(() => batch('job-definition/openevolve-prod-job-alice:3')),
      allowed: ownUsers,
    },
    {
      what: 'put a tag of another kind on the queue',
      requests: tagging(() => batch('job-queue/openevolve-prod-queue'), 'CostCenter'),
      allowed: ['administrator'],
    },
    {
      // Nothing tells it from a job that is being submitted.
      what: "tag a job without an owner's tag as one's own",
      requests: (self) => [
        {
          action: 'batch:TagResource',
          resource: batch('job/x'),
          context: { 'aws:RequestTag/Owner': self, 'aws:RequestTag/Environment': 'prod' },
        },
      ],
      allowed: [...ownUsers, 'bob', 'alice2', 'session of bob'],
    },
    {
      what: "tag a job of another system that has an owner's tag",
      requests: (self) => [
        {
          action: 'batch:TagResource',
          resource: batch('job/x'),
          context: {
            'aws:RequestTag/Owner': self,
            'aws:RequestTag/Environment': 'prod',
            'aws:ResourceTag/Owner': 'billing',
          },
        },
      ],
      allowed: ['administrator'],
    },
    {
      what: "untag alice's job",
      requests: one('batch:UntagResource', batch('job/x'), ofAlice),
      allowed: ['administrator'],
    },
    {
      what: 'describe and list jobs (open to all of the account)',
      requests: () => [
        { action: 'batch:DescribeJobs', resource: '*' },
        { action: 'batch:ListJobs', resource: '*' },
      ],
      allowed: allUsers,
    },
    {
      what: 'see the place in the queue',
      requests: one('batch:GetJobQueueSnapshot', batch('job-queue/openevolve-prod-queue')),
      allowed: allUsers,
    },
    ...['RegisterJobDefinition', 'DeregisterJobDefinition'].map((action) => ({
      what: `${action}: alice's definition`,
      requests: one(
        `batch:${action}`,
        batch(`job-definition/openevolve-prod-job-alice${action.startsWith('De') ? ':1' : ''}`),
      ),
      allowed: ['administrator'] as const,
    })),
    {
      what: 'change the queue',
      requests: one('batch:UpdateJobQueue', batch('job-queue/openevolve-prod-queue')),
      allowed: ['administrator'],
    },

    {
      what: "search alice's log",
      requests: one('logs:FilterLogEvents', logs(`log-group:${log}`)),
      allowed: ownUsers,
    },
    {
      what: "read alice's log",
      requests: one('logs:GetLogEvents', logs(`log-group:${log}:log-stream:job/default/x`)),
      allowed: ownUsers,
    },
    {
      what: "write alice's log",
      requests: one('logs:PutLogEvents', logs(`log-group:${log}:log-stream:job/default/x`)),
      allowed: ['execution role', 'administrator'],
    },
    {
      what: "delete alice's log",
      requests: one('logs:DeleteLogGroup', logs(`log-group:${log}`)),
      allowed: ['administrator'],
    },

    {
      what: "read the model provider's key",
      requests: one('secretsmanager:GetSecretValue', account.arnOf('ProviderKey')),
      allowed: ['execution role', 'administrator'],
    },
    {
      what: "read alice's access key",
      requests: one('secretsmanager:GetSecretValue', account.arnOf('OwneraliceAccessKeySecret')),
      allowed: ['administrator'],
    },
    ...[
      ['read', 'ssm:GetParameter', allUsers] as const,
      ['change', 'ssm:PutParameter', ['administrator'] as const] as const,
    ].map(([verb, action, allowed]) => ({
      what: `${verb} the settings`,
      requests: one(action, `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/openevolve/prod/config`),
      allowed,
    })),
    {
      what: "look at the images' tags",
      requests: one('ecr:DescribeImages', account.arnOf('RepositoryImages')),
      allowed: allUsers,
    },
    {
      what: 'push an image',
      requests: one('ecr:PutImage', account.arnOf('RepositoryImages')),
      allowed: ['administrator'],
    },
    {
      what: 'pull the image',
      requests: one('ecr:BatchGetImage', account.arnOf('RepositoryImages')),
      allowed: ['execution role', 'administrator'],
    },

    {
      what: "pass alice's job role",
      requests: one('iam:PassRole', aliceJobRole, {
        'iam:PassedToService': 'ecs-tasks.amazonaws.com',
      }),
      allowed: ['administrator'],
    },
    {
      what: "take on alice's job role, which is for ECS alone",
      requests: one('sts:AssumeRole', aliceJobRole),
      allowed: [],
    },
    ...['iam:TagUser', 'iam:UntagUser', 'iam:CreateAccessKey', 'iam:PutUserPolicy'].map(
      (action) => ({
        what: `${action}: alice`,
        requests: one(action, iam('user/openevolve-prod-alice')),
        allowed: ['administrator'] as const,
      }),
    ),
    {
      what: 'add oneself to the group',
      requests: one('iam:AddUserToGroup', iam('group/openevolve-prod-users')),
      allowed: ['administrator'],
    },
    {
      what: 'start a machine',
      requests: one('ec2:RunInstances', `arn:aws:ec2:us-east-1:${ACCOUNT}:instance/i-1`),
      allowed: ['administrator'],
    },
    {
      what: 'publish an alert',
      requests: one('sns:Publish', account.arnOf('AlertsTopic')),
      allowed: ['administrator'],
    },
  ];
}

/** Tags a resource with what a submission gives a job, and maybe with more. */
function tagging(resource: () => string, ...more: string[]) {
  return (self: string): Request[] => [
    {
      action: 'batch:TagResource',
      resource: resource(),
      context: {
        'aws:RequestTag/Owner': self,
        'aws:RequestTag/Environment': 'prod',
        'aws:TagKeys': ['Owner', 'Environment', 'JobShortId', 'Service', ...more],
      },
    },
  ];
}

interface Submission {
  readonly definition?: string;
  readonly tag?: string | null;
  readonly share?: string | null;
  readonly queue?: string;
  readonly environment?: string;
}

/**
 * SubmitJob is checked against queue, definition and job, and so are the tags of the job, by one
 * reading or another.
 */
function submit({
  definition = 'alice',
  tag = 'alice',
  share = 'alice',
  queue = 'openevolve-prod-queue',
  environment = 'prod',
}: Submission): Request[] {
  const context = {
    ...(tag === null
      ? {}
      : { 'aws:RequestTag/Owner': tag, 'aws:RequestTag/Environment': environment }),
    ...(share === null ? {} : { 'batch:ShareIdentifier': share }),
  };
  const name = `job-definition/openevolve-${environment}-job-${definition}`;
  // A definition without a revision is nothing that could be tagged, so the simulator refuses it.
  const revision = definition.includes(':') ? name : `${name}:1`;
  const requests = (action: string, ofDefinition: string): Request[] =>
    [`job-queue/${queue}`, ofDefinition, 'job/x'].map((resource) => ({
      action,
      resource: batch(resource),
      context,
    }));
  return [
    ...requests('batch:SubmitJob', name),
    ...(tag === null ? [] : requests('batch:TagResource', revision)),
  ];
}

import { OWNER_TAG } from '../../src/names.ts';
import { ACCOUNT, REGION } from '../resolve-template.ts';

interface Statement {
  Sid?: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

/** A template as it is synthesised, as far as policies need it. */
export interface RawTemplate {
  Resources: Record<
    string,
    {
      Type: string;
      Properties: {
        PolicyDocument?: { Statement: Statement[] };
        Policies?: { PolicyDocument: { Statement: Statement[] } }[];
        PermissionsBoundary?: unknown;
        AssumeRolePolicyDocument?: unknown;
      };
    }
  >;
}

export interface Weakening {
  readonly name: string;
  /** The row of the matrix that must then be answered otherwise. */
  readonly caughtBy: string;
  readonly weaken: (template: RawTemplate) => void;
}

const self = `\${aws:PrincipalTag/${OWNER_TAG}}`;
const definitions = `arn:aws:batch:${REGION}:${ACCOUNT}:job-definition/openevolve-prod-job-`;

/** Mistakes that are easily made in the policies, each of which opens something. */
export const weakenings: readonly Weakening[] = [
  user('end any job', 'TerminateJob: a job of alice', 'EndOwnJob', (it) => delete it.Condition),
  user(
    'end jobs of another environment',
    "TerminateJob: alice's job of another environment",
    'EndOwnJob',
    (it) => {
      delete it.Condition?.StringEquals?.['aws:ResourceTag/Environment'];
    },
  ),
  user(
    "make another's job one's own by a tag",
    "tag alice's job as one's own",
    'TagOwnJob',
    (it) => {
      delete it.Condition?.StringEqualsIfExists;
    },
  ),
  user(
    'put any tag on the queue',
    'put a tag of another kind on the queue',
    'TagAtSubmission',
    (it) => {
      delete it.Condition?.['ForAllValues:StringEquals'];
    },
  ),
  user('take tags off', "untag alice's job", 'TagOwnJob', (it) => {
    it.Action = ['batch:TagResource', 'batch:UntagResource'];
    delete it.Condition;
  }),
  user(
    "submit with anybody's definition",
    "submit as oneself with alice's definition",
    'SubmitToQueueWithOwnDefinition',
    (it) => {
      it.Resource = '*';
    },
  ),
  user(
    'submit with definitions whose owner begins alike',
    "submit as oneself with alice's definition",
    'SubmitToQueueWithOwnDefinition',
    (it) => {
      it.Resource = [
        `arn:aws:batch:${REGION}:${ACCOUNT}:job-queue/openevolve-prod-queue`,
        `${definitions}${self}*`,
        `${definitions}alice*`,
      ];
    },
  ),
  {
    name: 'submit without tags',
    caughtBy: 'submit without a tag',
    weaken: (template) => {
      for (const sid of ['SubmitToQueueWithOwnDefinition', 'SubmitOwnJob']) {
        const { Condition } = userStatement(template, sid);
        delete Condition?.StringEquals?.['aws:RequestTag/Owner'];
        delete Condition?.StringEquals?.['aws:RequestTag/Environment'];
      }
    },
  },
  user("submit on anybody's share", "submit as oneself on alice's share", 'SubmitOwnJob', (it) => {
    delete it.Condition?.StringEquals?.['batch:ShareIdentifier'];
  }),
  user(
    "read everybody's outputs",
    'GetObject outputs: users/alice/0a1b2c3d/output/best_program.py',
    'ReadOwnOutputs',
    everyObject,
  ),
  user(
    "write one's outputs",
    'PutObject outputs: users/alice/0a1b2c3d/output/best_program.py',
    'ReadOwnOutputs',
    (it) => {
      it.Action = [...it.Action, 's3:PutObject'];
    },
  ),
  user(
    "write everybody's inputs",
    'PutObject inputs: users/alice/0a1b2c3d/input/job.json',
    'WriteOwnInputs',
    everyObject,
  ),
  user(
    'list names that begin alike',
    'list users/alice, which alice2 shares',
    'ListOwnObjects',
    (it) => {
      it.Condition = { StringLike: { 's3:prefix': `users/${self}*` } };
    },
  ),
  user(
    'list the whole bucket',
    'list the whole bucket',
    'ListOwnObjects',
    (it) => delete it.Condition,
  ),
  user("read everybody's logs", "read alice's log", 'ReadOwnLogs', (it) => {
    it.Resource = '*';
  }),
  user('read any parameter or secret', 'change the settings', 'ReadSettings', (it) => {
    it.Action = ['ssm:*'];
  }),
  {
    name: "jobs read everybody's inputs",
    caughtBy: 'GetObject inputs: users/alice/0a1b2c3d/input/job.json',
    weaken: (template) =>
      editRole(template, 'OwnerbobJobRole', (it) => {
        if (it.Action === 's3:GetObject') {
          everyObject(it);
        }
      }),
  },
  {
    name: "jobs write everybody's outputs",
    caughtBy: 'DeleteObject outputs: users/alice/0a1b2c3d/output/commits/000000000001.json',
    weaken: (template) =>
      editRole(template, 'OwnerbobJobRole', (it) => {
        if (Array.isArray(it.Action)) {
          everyObject(it);
        }
      }),
  },
  {
    name: 'jobs write their inputs',
    caughtBy: 'PutObject inputs: users/alice/0a1b2c3d/input/control/1.json',
    weaken: (template) =>
      editRole(template, 'OwneraliceJobRole', (it) => {
        if (it.Action === 's3:GetObject') {
          it.Action = ['s3:GetObject', 's3:PutObject'];
        }
      }),
  },
  {
    name: 'plain HTTP',
    caughtBy: 'read a result over plain HTTP',
    weaken: (template) => {
      for (const { Type, Properties } of Object.values(template.Resources)) {
        if (Type === 'AWS::S3::BucketPolicy' && Properties.PolicyDocument) {
          Properties.PolicyDocument.Statement = [];
        }
      }
    },
  },
  {
    name: 'users may take on job roles',
    caughtBy: "take on alice's job role, which is for ECS alone",
    weaken: (template) => {
      resource(template, 'OwneraliceJobRole').Properties.AssumeRolePolicyDocument = {
        Statement: [{ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }],
      };
    },
  },
  {
    name: 'machines may read the key',
    caughtBy: "read the model provider's key",
    weaken: (template) =>
      editRole(template, 'ComputeMachineRole', (it) => {
        it.Action = ['secretsmanager:GetSecretValue'];
        it.Resource = '*';
      }),
  },
];

function user(
  name: string,
  caughtBy: string,
  sid: string,
  edit: (statement: Statement) => void,
): Weakening {
  return { name, caughtBy, weaken: (template) => edit(userStatement(template, sid)) };
}

function userStatement(template: RawTemplate, sid: string): Statement {
  const statements = resource(template, 'UserPolicy').Properties.PolicyDocument?.Statement;
  const statement = statements?.find(({ Sid }) => Sid === sid);
  if (!statement) {
    throw new TypeError(`the users' policy has no statement ${sid}`);
  }
  return statement;
}

function everyObject(statement: Statement): void {
  statement.Resource = ['arn:aws:s3:::inputs/users/*', 'arn:aws:s3:::outputs/users/*'];
}

function editRole(template: RawTemplate, prefix: string, edit: (statement: Statement) => void) {
  for (const { PolicyDocument } of resource(template, prefix).Properties.Policies ?? []) {
    PolicyDocument.Statement.forEach(edit);
  }
}

function resource(template: RawTemplate, prefix: string) {
  const found = Object.entries(template.Resources).find(([id]) => id.startsWith(prefix));
  if (!found) {
    throw new TypeError(`no resource ${prefix}`);
  }
  return found[1];
}

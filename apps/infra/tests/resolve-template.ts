import { createHash } from 'node:crypto';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Properties = Readonly<Record<string, unknown>>;

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Properties }>>;
}

/** A template as CloudFormation would see it with everything in place. */
export interface ResolvedTemplate {
  /** Resolved properties by logical id; a suffix that the CDK made is left out where it can be. */
  byType(type: string): Readonly<Record<string, Properties>>;
  /** ARN of the first resource whose logical id begins so. */
  arnOf(prefix: string): string;
}

/**
 * Puts plain values in the place of intrinsic functions: names as the template gives them, or else
 * the logical id in lower case.
 *
 * @throws {TypeError} on a function or an attribute that it does not know.
 */
export function resolveTemplate(template: object): ResolvedTemplate {
  const { Resources } = template as Template;

  const nameOf = (id: string): string => {
    const { Type, Properties = {} } = Resources[id] ?? fail(`no resource ${id}`);
    const property = nameProperty[Type];
    const given = property === undefined ? undefined : Properties[property];
    return given === undefined ? id.toLowerCase() : String(resolve(given as Json));
  };
  const arnOf = (id: string): string => {
    const { Type } = Resources[id] ?? fail(`no resource ${id}`);
    const make = arns[Type] ?? fail(`no ARN is known for ${Type}`);
    return make(nameOf(id));
  };
  const refOf = (id: string): Json => {
    const pseudo = pseudoParameters[id];
    if (pseudo !== undefined) {
      return pseudo;
    }
    const { Type } = Resources[id] ?? fail(`no resource ${id}`);
    return refsToArns.has(Type) ? arnOf(id) : nameOf(id);
  };

  function resolve(value: Json): Json {
    if (Array.isArray(value)) {
      return value.map(resolve);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [entry, ...rest] = Object.entries(value);
    if (entry && rest.length === 0) {
      const [name, argument] = entry as [string, Json];
      if (name === 'Ref') {
        return refOf(String(argument));
      }
      if (name.startsWith('Fn::')) {
        return call(name, argument);
      }
    }
    return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, resolve(it)]));
  }

  function call(name: string, argument: Json): Json {
    if (name === 'Fn::GetAtt') {
      const [id, attribute] = argument as [string, string];
      return /Arn$/.test(attribute) ? arnOf(id) : `${nameOf(id)}-${attribute}`;
    }
    const parts = resolve(argument) as readonly Json[];
    switch (name) {
      case 'Fn::Join':
        return (parts[1] as readonly Json[]).join(String(parts[0]));
      case 'Fn::Split':
        return String(parts[1]).split(String(parts[0]));
      case 'Fn::Select':
        return (parts[1] as readonly Json[])[Number(parts[0])] ?? fail('nothing to select');
      case 'Fn::Base64':
        return parts;
      case 'Fn::GetAZs':
        return ['us-east-1a', 'us-east-1b'];
      default:
        return fail(`no such function: ${name}`);
    }
  }

  return {
    arnOf: (prefix) =>
      arnOf(
        Object.keys(Resources).find((id) => id.startsWith(prefix)) ?? fail(`no resource ${prefix}`),
      ),
    byType: (type) =>
      Object.fromEntries(
        Object.entries(Resources)
          .filter(([, resource]) => resource.Type === type)
          .map(([id, { Properties = {} }]) => [
            id.replace(/[0-9A-F]{8}$/, ''),
            resolve(Properties as Json) as Properties,
          ]),
      ),
  };
}

function fail(problem: string): never {
  throw new TypeError(problem);
}

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'stack',
};

/** Which property names a resource, where a template may give the name. */
const nameProperty: Readonly<Record<string, string>> = {
  'AWS::Batch::JobQueue': 'JobQueueName',
  'AWS::ECR::Repository': 'RepositoryName',
  'AWS::IAM::Group': 'GroupName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::User': 'UserName',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

const regional = (service: string, kind: string) => (name: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${kind}${name}`;
const global = (kind: string) => (name: string) => `arn:aws:iam::${ACCOUNT}:${kind}/${name}`;

const arns: Readonly<Record<string, (name: string) => string>> = {
  'AWS::Batch::ComputeEnvironment': regional('batch', 'compute-environment/'),
  'AWS::Batch::JobQueue': regional('batch', 'job-queue/'),
  'AWS::Batch::SchedulingPolicy': regional('batch', 'scheduling-policy/'),
  'AWS::ECR::Repository': regional('ecr', 'repository/'),
  'AWS::IAM::InstanceProfile': global('instance-profile'),
  'AWS::IAM::ManagedPolicy': global('policy'),
  'AWS::IAM::Role': global('role'),
  'AWS::Logs::LogGroup': (name) => `${regional('logs', 'log-group:')(name)}:*`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  // Secrets Manager puts six random characters behind a name.
  'AWS::SecretsManager::Secret': (name) =>
    regional(
      'secretsmanager',
      'secret:',
    )(`${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`),
  'AWS::SNS::Topic': regional('sns', ''),
};

/** Whose `Ref` is the ARN. */
const refsToArns = new Set([
  'AWS::IAM::ManagedPolicy',
  'AWS::SecretsManager::Secret',
  'AWS::SNS::Topic',
]);

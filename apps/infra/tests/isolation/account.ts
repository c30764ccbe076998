import {
  runSimulation,
  type Simulation,
  type SimulationIdentityPolicy,
} from '@cloud-copilot/iam-simulate';
import { ACCOUNT, type ResolvedTemplate } from '../resolve-template.ts';

interface Policy {
  readonly Statement: readonly Record<string, unknown>[];
}

/** Who asks, with all that the templates attach to them. */
export interface Principal {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly policies: readonly SimulationIdentityPolicy[];
  readonly boundary: SimulationIdentityPolicy | null;
}

export interface Request {
  readonly action: string;
  /** Concrete: a wildcard would be another question. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

const allowAll: Policy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** An account that holds one environment, as its templates make it. */
export class Account {
  readonly #template: ResolvedTemplate;

  constructor(template: ResolvedTemplate) {
    this.#template = template;
  }

  iamUser(owner: string): Principal {
    const user = this.#find('AWS::IAM::User', ({ UserName }) => UserName === iamName(owner));
    const [group] = user.Groups as string[];
    const { ManagedPolicyArns } = this.#find(
      'AWS::IAM::Group',
      ({ GroupName }) => GroupName === group,
    );
    const tags = user.Tags as { Key: string; Value: string }[];
    return {
      arn: `arn:aws:iam::${ACCOUNT}:user/${iamName(owner)}`,
      tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
      policies: (ManagedPolicyArns as string[]).map((arn) => this.#managedPolicy(arn)),
      boundary: this.#managedPolicy(String(user.PermissionsBoundary)),
    };
  }

  /** A session of Identity Center: the environment's policy, and a tag if the session has one. */
  session(name: string, owner: string | null): Principal {
    return {
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_OpenEvolve_0/${name}`,
      tags: owner === null ? {} : { OpenEvolveUser: owner },
      policies: [this.#managedPolicy(`arn:aws:iam::${ACCOUNT}:policy/openevolve-prod-user`)],
      boundary: null,
    };
  }

  administrator(): Principal {
    return {
      arn: `arn:aws:iam::${ACCOUNT}:user/admin`,
      tags: {},
      policies: [{ name: 'AdministratorAccess', policy: allowAll }],
      boundary: null,
    };
  }

  jobRole(owner: string): Principal {
    return this.#role(`Owner${owner}JobRole`);
  }

  executionRole(): Principal {
    return this.#role('ExecutionRole');
  }

  machineRole(): Principal {
    return this.#role('ComputeMachineRole');
  }

  /** ARN of the resource whose logical id begins so. */
  arnOf(prefix: string): string {
    return this.#template.arnOf(prefix);
  }

  /**
   * Whether a principal may do something.
   *
   * @throws {TypeError} when the simulator refuses the question, or does not know a condition key
   *   that decides it.
   */
  async allows(principal: Principal, { action, resource, context = {} }: Request) {
    const resourcePolicy = this.#resourcePolicy(resource);
    const contextVariables: Record<string, string | string[]> = {
      'aws:SecureTransport': 'true',
      ...(action.startsWith('s3:') ? { 's3:TlsVersion': '1.3' } : {}),
      ...context,
    };
    for (const [tag, value] of Object.entries(principal.tags)) {
      contextVariables[`aws:PrincipalTag/${tag}`] = value;
    }
    const simulation: Simulation = {
      request: {
        action,
        principal: principal.arn,
        resource: { resource, accountId: ACCOUNT },
        contextVariables,
      },
      identityPolicies: [...principal.policies],
      serviceControlPolicies: [
        { orgIdentifier: 'root', policies: [{ name: 'FullAccess', policy: allowAll }] },
      ],
      resourceControlPolicies: [],
      ...(resourcePolicy ? { resourcePolicy } : {}),
      ...(principal.boundary ? { permissionBoundaryPolicies: [principal.boundary] } : {}),
    };
    const outcome = await runSimulation(simulation, { simulationMode: 'Strict' });
    if (outcome.resultType !== 'single') {
      throw new TypeError(`${action} on ${resource}: ${JSON.stringify(outcome).slice(0, 500)}`);
    }
    return {
      allowed: outcome.overallResult === 'Allowed',
      ignored: outcome.result.ignoredContextKeys ?? [],
    };
  }

  #role(prefix: string): Principal {
    const [found] = Object.entries(this.#template.byType('AWS::IAM::Role')).filter(([id]) =>
      id.startsWith(prefix),
    );
    if (!found) {
      throw new TypeError(`no role ${prefix}`);
    }
    const [id, { Policies, PermissionsBoundary }] = found;
    return {
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${id.toLowerCase()}/session`,
      tags: {},
      policies: (Policies as { PolicyName: string; PolicyDocument: Policy }[]).map((policy) => ({
        name: policy.PolicyName,
        policy: policy.PolicyDocument,
      })),
      boundary:
        PermissionsBoundary === undefined ? null : this.#managedPolicy(String(PermissionsBoundary)),
    };
  }

  #managedPolicy(arn: string): SimulationIdentityPolicy {
    const name = arn.slice(arn.indexOf('policy/') + 'policy/'.length);
    const policy = this.#find(
      'AWS::IAM::ManagedPolicy',
      ({ ManagedPolicyName }) => ManagedPolicyName === name,
    );
    return { name, policy: policy.PolicyDocument };
  }

  /** The policy of a bucket, or who may take on a role. */
  #resourcePolicy(resource: string): unknown {
    const bucket = /^arn:aws:s3:::([^/]+)/.exec(resource)?.[1];
    if (bucket !== undefined) {
      return this.#find('AWS::S3::BucketPolicy', ({ Bucket }) => Bucket === bucket).PolicyDocument;
    }
    const role = /:role\/(.+)$/.exec(resource)?.[1];
    const roles = Object.entries(this.#template.byType('AWS::IAM::Role'));
    return (
      role && roles.find(([id]) => role.startsWith(id.toLowerCase()))?.[1].AssumeRolePolicyDocument
    );
  }

  #find(type: string, matches: (properties: Readonly<Record<string, unknown>>) => boolean) {
    const found = Object.values(this.#template.byType(type)).find(matches);
    if (!found) {
      throw new TypeError(`no such ${type}`);
    }
    return found;
  }
}

function iamName(owner: string): string {
  return `openevolve-prod-${owner}`;
}

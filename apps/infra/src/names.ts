import { stackName } from '@openevolve-aws/job-spec';

/**
 * Names in an environment that somebody outside of its stacks must know: users, the guide, other
 * stacks, policies. All else is named by CloudFormation, so that it can be replaced.
 *
 * @example
 * resourceNames('prod').jobDefinition; // 'openevolve-prod-job'
 */
export function resourceNames(environment: string) {
  const prefix = stackName(environment);
  return {
    stack: prefix,
    usersStack: (number: number) => stackName(environment, number),
    jobQueue: `${prefix}-queue`,
    /** An owner's definition is `<jobDefinition>-<owner>`. */
    jobDefinition: `${prefix}-job`,
    repository: prefix,
    dashboard: prefix,
    budget: prefix,
    savedQueries: prefix,
    jobEventsPolicy: `${prefix}-job-events`,
    /** An owner's log group is `<logGroup>/<owner>`. */
    logGroup: `/aws/batch/openevolve/${environment}`,
    settings: `/openevolve/${environment}/config`,
    /** A permission set of Identity Center refers to the policy by this name. */
    userPolicy: `${prefix}-user`,
    userGroup: `${prefix}-users`,
    boundary: `${prefix}-boundary`,
    /** An owner's IAM user is `<iamUser>-<owner>`. */
    iamUser: prefix,
  } as const;
}

export type ResourceNames = ReturnType<typeof resourceNames>;

/** The tag of a principal whose value says which owner it is. */
export const OWNER_TAG = 'OpenEvolveUser';

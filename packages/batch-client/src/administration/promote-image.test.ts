import type { JobDefinition, RegisterJobDefinitionCommandInput } from '@aws-sdk/client-batch';
import { expect, it } from 'vitest';
import type { EcrImage } from '../aws/ecr-image.ts';
import { isOfEnvironment } from './definitions.ts';
import { promoteImage, revisionWithImage } from './promote-image.ts';

const repositoryUrl = '123456789012.dkr.ecr.us-east-1.amazonaws.com/openevolve-prod';
const definitionOf = (owner: string, revision: number, tag: string) =>
  ({
    jobDefinitionName: `openevolve-prod-job-${owner}`,
    jobDefinitionArn: `arn:aws:batch:us-east-1:123456789012:job-definition/openevolve-prod-job-${owner}:${revision}`,
    revision,
    status: 'ACTIVE',
    type: 'container',
    containerOrchestrationType: 'ECS',
    containerProperties: {
      image: `${repositoryUrl}:${tag}`,
      user: '10001:10001',
      readonlyRootFilesystem: true,
      jobRoleArn: `arn:aws:iam::123456789012:role/${owner}`,
    },
    retryStrategy: { attempts: 10, evaluateOnExit: [{ onExitCode: '75', action: 'RETRY' }] },
    timeout: { attemptDurationSeconds: 1_209_600 },
    propagateTags: true,
    tags: { Service: 'openevolve', 'aws:cloudformation:stack-name': 'openevolve-prod' },
  }) satisfies JobDefinition;

/** AWS Batch and ECR as far as promotion needs them. */
function account(revisions: JobDefinition[], pushed: string[]) {
  const registered: RegisterJobDefinitionCommandInput[] = [];
  return {
    registered,
    clients: {
      definitions: async () => ({
        active: async () => [...revisions],
        register: async (input: RegisterJobDefinitionCommandInput) => {
          const names = revisions.filter(
            ({ jobDefinitionName }) => jobDefinitionName === input.jobDefinitionName,
          );
          const revision = Math.max(0, ...names.map((one) => one.revision ?? 0)) + 1;
          registered.push(input);
          revisions.push({ jobDefinitionArn: `arn:${revision}`, ...input, revision });
          return { revision };
        },
        deregister: async () => {},
      }),
      ecr: async () => ({
        findImage: async ({ tag }: EcrImage) =>
          pushed.includes(tag ?? '') ? { pushedAt: null } : null,
      }),
    },
  };
}

const request = { repositoryUrl, jobDefinition: 'openevolve-prod-job', tag: 'new' };

it('makes a revision that differs in its image alone', () => {
  const { containerProperties, ...same } = definitionOf('alice', 3, 'old');
  expect(revisionWithImage(definitionOf('alice', 3, 'old'), `${repositoryUrl}:new`)).toEqual({
    jobDefinitionName: same.jobDefinitionName,
    type: 'container',
    containerProperties: { ...containerProperties, image: `${repositoryUrl}:new` },
    retryStrategy: same.retryStrategy,
    timeout: same.timeout,
    propagateTags: true,
    // AWS keeps tags that begin with aws: for itself and refuses them.
    tags: { Service: 'openevolve' },
  });
});

it('gives every owner a revision, from their own newest one, and those without a definition none', async () => {
  const { clients, registered } = account(
    [
      definitionOf('alice', 9, 'old'),
      definitionOf('alice', 10, 'old'),
      definitionOf('bob', 1, 'old'),
    ],
    ['new'],
  );
  const owners = ['alice', 'bob', 'carol'];
  expect(await promoteImage({ clients, ...request, owners })).toEqual([
    { owner: 'alice', revision: 11, isNew: true },
    { owner: 'bob', revision: 2, isNew: true },
    { owner: 'carol', revision: null, isNew: false },
  ]);
  expect(registered.map(({ containerProperties }) => containerProperties?.jobRoleArn)).toEqual([
    'arn:aws:iam::123456789012:role/alice',
    'arn:aws:iam::123456789012:role/bob',
  ]);
  // Again, as after a promotion that was cut off.
  expect(await promoteImage({ clients, ...request, owners: ['alice', 'bob'] })).toEqual([
    { owner: 'alice', revision: 11, isNew: false },
    { owner: 'bob', revision: 2, isNew: false },
  ]);
  expect(registered).toHaveLength(2);
});

it('promotes nothing that was never pushed', async () => {
  const { clients, registered } = account([definitionOf('alice', 1, 'old')], ['old']);
  await expect(promoteImage({ clients, ...request, owners: ['alice'] })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('image push'),
  });
  expect(registered).toEqual([]);
});

it.each([
  ['openevolve-prod-job-alice', true],
  ['openevolve-prod-job-job-alice', false],
  ['openevolve-prod2-job-alice', false],
  ['openevolve-prod-job-', false],
])('takes %s for a definition of the environment prod: %s', (jobDefinitionName, isOurs) => {
  const definition = { ...definitionOf('alice', 1, 'old'), jobDefinitionName };
  expect(isOfEnvironment(definition, 'openevolve-prod-job')).toBe(isOurs);
});

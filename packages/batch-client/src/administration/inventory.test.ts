import { ObjectStoreError } from '@openevolve-aws/object-store';
import { expect, it, vi } from 'vitest';
import { BatchClientError } from '../errors.ts';
import { administratorClients } from './clients.ts';
import { requireAllGroups } from './environment-outputs.ts';
import { removeRemains } from './inventory.ts';

const arn = (revision: number) =>
  `arn:aws:batch:us-east-1:123456789012:job-definition/openevolve-prod-job-alice:${revision}`;
const bucket = (name: string) => ({ name, versions: 0, bytes: 0, hasMore: false });

it('removes what the stacks left, and does not stumble over what went with them', async () => {
  const deregister = vi.fn(async (_arn: string) => {});
  const remove = vi.fn(async (name: string) => {
    if (name === 'gone') {
      throw new ObjectStoreError('NO_BUCKET', 'The bucket gone does not exist.');
    }
  });
  const clients = {
    ...administratorClients({ region: 'us-east-1' }),
    definitions: async () => ({
      active: async () => [
        {
          jobDefinitionName: 'openevolve-prod-job-alice',
          jobDefinitionArn: arn(1),
          revision: 1,
          type: 'container',
        },
      ],
      register: async () => ({ revision: 0 }),
      deregister,
    }),
    buckets: async () => ({
      names: async () => [],
      measure: async () => bucket('x'),
      remove,
    }),
  };
  const inventory = { buckets: [bucket('gone'), bucket('left')], definitions: [arn(1), arn(2)] };
  await removeRemains(clients, inventory, { report: () => {} });
  expect(deregister.mock.calls.map(([deregistered]) => deregistered)).toEqual([arn(1)]);
  expect(remove.mock.calls.map(([name]) => name)).toEqual(['gone', 'left']);
});

it('refuses a file from which a deployed group of users was taken', async () => {
  const deployed = ['openevolve-prod', 'openevolve-prod-users-1'];
  const clients = {
    formation: async () => ({
      stackOutputs: async (name: string) => (deployed.includes(name) ? {} : null),
    }),
  };
  await expect(requireAllGroups(clients, 'prod', 0)).rejects.toThrow(BatchClientError);
  await expect(requireAllGroups(clients, 'prod', 0)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/openevolve-prod-users-1 .*keep their access.*\[\]/),
  });
  await expect(requireAllGroups(clients, 'prod', 1)).resolves.toBeUndefined();
});

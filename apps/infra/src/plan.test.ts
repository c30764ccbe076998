import { stackConfigSchema } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { guideConfig } from '../tests/synthesize.ts';
import { idleMonthlyCost } from './idle-cost.ts';
import { planEnvironment } from './plan.ts';

const config = (changes: object = {}) => stackConfigSchema.parse({ ...guideConfig, ...changes });
const total = (changes: object = {}) =>
  idleMonthlyCost(config(changes)).reduce((sum, { usd }) => sum + usd, 0);

it('names the stacks in the order of their deployment, and all users', () => {
  expect(planEnvironment(config({ moreUsers: [['carol'], ['dave']] }))).toMatchObject({
    stacks: [
      { id: 'OpenEvolve', name: 'openevolve-prod' },
      { id: 'Users1', name: 'openevolve-prod-users-1' },
      { id: 'Users2', name: 'openevolve-prod-users-2' },
    ],
    users: ['alice', 'alice2', 'bob', 'carol', 'dave'],
  });
});

it('costs a few dollars when idle, and what a hidden network costs beyond that', () => {
  expect(total()).toBeCloseTo(3.56);
  expect(total({ accessKeys: ['bob'] }) - total()).toBeCloseTo(0.4);
  expect(total({ network: 'private' }) - total()).toBeCloseTo(32.85 + 29.2);
});

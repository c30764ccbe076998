import { expect, it } from 'vitest';
import { renderLoss } from './render-loss.ts';

const inventory = { stacks: ['openevolve-prod'], unfinishedJobs: 2, buckets: [], definitions: [] };
const also = { users: ['alice', 'bob'], repository: 'openevolve-prod' };

it('names jobs, stacks, images and users', () => {
  const lines = renderLoss(inventory, { ...also, signIn: 'iam-users' }).join('\n');
  expect(lines).toMatch(/2 jobs that have not ended.*openevolve-prod.*repository/s);
  expect(lines).toContain('the users alice, bob, with their access keys');
});

it('speaks of no users and keys where people sign in by Identity Center', () => {
  const lines = renderLoss(inventory, { ...also, signIn: 'identity-center' }).join('\n');
  expect(lines).not.toContain('access keys');
  expect(lines).toContain('alice, bob');
});

import { expect, it } from 'vitest';
import type { EnvironmentDocument } from './environment-file.ts';
import { addUser, removeUser } from './users.ts';

const document: EnvironmentDocument = {
  version: 1,
  region: 'us-east-1',
  users: ['alice', 'bob'],
  alertEmail: 'ops@example.com',
  monthlyBudgetUsd: 200,
  maxVcpus: 256,
};
const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => `${name}${index}`);
const withoutKey = { withKey: false };

it('adds a user, with an access key only on request, and changes nothing else', () => {
  expect(addUser(document, 'carol', withoutKey)).toEqual({
    ...document,
    users: ['alice', 'bob', 'carol'],
  });
  expect(addUser(document, 'carol', { withKey: true })).toEqual({
    ...document,
    users: ['alice', 'bob', 'carol'],
    accessKeys: ['carol'],
  });
});

it('opens a group where the ones before it are full, and fills what became free first', () => {
  const full = { ...document, users: many(100, 'a') };
  const second = addUser(full, 'carol', withoutKey);
  expect(second).toEqual({ ...full, moreUsers: [['carol']] });
  expect(addUser(second, 'dan', withoutKey).moreUsers).toEqual([['carol', 'dan']]);
  expect(addUser(removeUser(second, 'a7'), 'dan', withoutKey)).toEqual({
    ...full,
    users: [...full.users.filter((user) => user !== 'a7'), 'dan'],
    moreUsers: [['carol']],
  });
});

it.each<[string, () => unknown, string, RegExp]>([
  [
    'a name that is no owner',
    () => addUser(document, 'Ana-Maria', withoutKey),
    'INVALID_INPUT',
    /"Ana-Maria".*lower-case/,
  ],
  ['a user who is there', () => addUser(document, 'bob', withoutKey), 'CONFLICT', /bob/],
  [
    'more users than a queue can share',
    () =>
      addUser(
        {
          ...document,
          users: many(100, 'a'),
          moreUsers: ['b', 'c', 'd', 'e'].map((name) => many(100, name)),
        },
        'carol',
        withoutKey,
      ),
    'INVALID_INPUT',
    /at most 500/,
  ],
  ['the removal of a stranger', () => removeUser(document, 'carol'), 'NOT_FOUND', /carol/],
  [
    'the removal of the only user',
    () => removeUser({ ...document, users: [], moreUsers: [['carol']] }, 'carol'),
    'CONFLICT',
    /carol is the only user.*users add.*destroy/,
  ],
])('refuses %s', (_, change, code, message) => {
  expect(change).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

it('leaves an empty group where its only user goes, and fills it again', () => {
  const two = { ...document, users: many(100, 'a'), moreUsers: [['carol'], ['dan']] };
  const one = removeUser(two, 'carol');
  expect(one.moreUsers).toEqual([[], ['dan']]);
  expect(addUser(one, 'erin', withoutKey).moreUsers).toEqual([['erin'], ['dan']]);
  expect(removeUser({ ...document, users: ['alice'], moreUsers: [['carol']] }, 'alice')).toEqual({
    ...document,
    users: [],
    moreUsers: [['carol']],
  });
});

it('removes a user from wherever they are named', () => {
  const withKeys = { ...document, moreUsers: [['carol', 'dan']], accessKeys: ['carol', 'bob'] };
  expect(removeUser(withKeys, 'carol')).toEqual({
    ...withKeys,
    moreUsers: [['dan']],
    accessKeys: ['bob'],
  });
  expect(removeUser(document, 'bob')).toEqual({ ...document, users: ['alice'] });
});

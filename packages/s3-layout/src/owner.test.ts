import { expect, it } from 'vitest';
import { ownerFromArn, ownerFromUserName } from './owner.ts';

it.each([
  ['alice', 'alice'],
  ['Ana-Maria.92', 'anamaria92'],
  ['x'.repeat(40), 'x'.repeat(32)],
])('makes an owner of the user name %s', (name, owner) => {
  expect(ownerFromUserName(name)).toBe(owner);
});

it('refuses a name of which nothing is left', () => {
  expect(() => ownerFromUserName('---')).toThrow(
    expect.objectContaining({ code: 'INVALID_OWNER' }),
  );
});

const account = '123456789012';

it.each([
  ['an IAM user', `arn:aws:iam::${account}:user/alice`, 'prod', 'alice'],
  [
    "an IAM user of the deployment's",
    `arn:aws:iam::${account}:user/openevolve-prod-alice`,
    'prod',
    'alice',
  ],
  [
    'an environment with dashes',
    `arn:aws:iam::${account}:user/openevolve-eu-west-alice`,
    'eu-west',
    'alice',
  ],
  [
    'an IAM user with a path',
    `arn:aws:iam::${account}:user/team/a/openevolve-prod-bob`,
    'prod',
    'bob',
  ],
  ['capitals', `arn:aws:iam::${account}:user/Alice`, 'prod', 'alice'],
  ['an assumed role', `arn:aws:sts::${account}:assumed-role/Developer/alice`, 'prod', 'alice'],
  [
    "an owner's role",
    `arn:aws:sts::${account}:assumed-role/openevolve-prod-alice/session-1`,
    'prod',
    'alice',
  ],
  [
    'IAM Identity Center',
    `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice@example.com`,
    'prod',
    'alice',
  ],
  ['the account itself', `arn:aws:iam::${account}:root`, 'prod', 'root'],
  ['a federated user', `arn:aws:sts::${account}:federated-user/alice`, 'prod', 'alice'],
  ['another partition', `arn:aws-us-gov:iam::${account}:user/alice`, 'prod', 'alice'],
])('takes the owner from the ARN of %s', (_, arn, environment, owner) => {
  expect(ownerFromArn(arn, environment)).toBe(owner);
});

it.each([
  ['a dash', `arn:aws:iam::${account}:user/ana-maria`],
  ['another environment', `arn:aws:iam::${account}:user/openevolve-test-alice`],
  ["an instance's role", `arn:aws:sts::${account}:assumed-role/Worker/i-0123456789abcdef0`],
  ['more than 32 letters', `arn:aws:iam::${account}:user/${'x'.repeat(33)}`],
  ['no name', 'something else'],
])('makes no owner up for %s, and gives the rule', (_, arn) => {
  expect(() => ownerFromArn(arn, 'prod')).toThrow(
    expect.objectContaining({
      code: 'INVALID_OWNER',
      message: expect.stringContaining('1 to 32 lower-case letters and digits'),
    }),
  );
});

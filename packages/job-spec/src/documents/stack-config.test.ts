import { describe, expect, it } from 'vitest';
import { parseDocument } from './parse.ts';
import { stackConfigSchema } from './stack-config.ts';

const guide = {
  version: 1,
  region: 'us-east-1',
  environment: 'prod',
  users: ['alice', 'bob', 'ron'],
  alertEmail: 'your-email@example.com',
  monthlyBudgetUsd: 200,
  maxVcpus: 256,
  instanceTypes: ['m5.2xlarge', 'm5.4xlarge', 'c5.2xlarge', 'c5.4xlarge', 'r5.2xlarge'],
};
const manyUsers = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => `user${first + index}`);

function parse(changes: object) {
  return parseDocument(
    stackConfigSchema,
    JSON.stringify({ ...guide, ...changes }),
    'openevolve.config.json',
  );
}

it("takes the guide's variables and fills in the rest", () => {
  expect(parse({})).toEqual({
    ...guide,
    moreUsers: [],
    signIn: 'iam-users',
    accessKeys: [],
    spotAllocation: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
    network: 'public',
    attempts: 10,
  });
});

it('has instance types of its own when none are named', () => {
  const { instanceTypes } = parse({ instanceTypes: undefined });
  expect(instanceTypes.length).toBeGreaterThanOrEqual(10);
  expect(() => parse({ instanceTypes })).not.toThrow();
});

describe('refuses a wrong value and names its field', () => {
  it.each<[string, object]>([
    ['version', { version: 2 }],
    ['environment', { environment: 'Prod' }],
    ['environment', { environment: '1st' }],
    ['environment', { environment: 'seventeen-letters' }],
    ['environment', { environment: 'prod-' }],
    ['environment', { environment: 'prod--2' }],
    ['environment', { environment: 'prod-users-1' }],
    ['region', { region: 'Virginia' }],
    ['users', { users: [] }],
    ['users', { users: [], moreUsers: [[]] }],
    ['users.1', { users: ['alice', 'ana-maria'] }],
    ['users', { users: ['alice', 'alice'] }],
    ['users', { moreUsers: [['alice']] }],
    ['users', { users: manyUsers(101) }],
    ['users', { users: manyUsers(67), accessKeys: manyUsers(67) }],
    ['moreUsers.0', { moreUsers: [manyUsers(101)] }],
    ['moreUsers', { moreUsers: [0, 1, 2, 3, 4].map((group) => manyUsers(100, group * 100)) }],
    ['accessKeys', { accessKeys: ['eve'] }],
    ['accessKeys', { accessKeys: ['alice'], signIn: 'identity-center' }],
    ['alertEmail', { alertEmail: 'ops' }],
    ['monthlyBudgetUsd', { monthlyBudgetUsd: 0 }],
    ['monthlyBudgetUsd', { monthlyBudgetUsd: '200' }],
    ['maxVcpus', { maxVcpus: 8 }],
    ['maxVcpus', { maxVcpus: 20.5 }],
    ['instanceTypes.0', { instanceTypes: ['big'] }],
    ['instanceTypes', { instanceTypes: [] }],
    ['attempts', { attempts: 11 }],
    ['imageTag', { imageTag: 'a tag' }],
    ['instance_types', { instance_types: ['m5.2xlarge'] }],
  ])('%s in %j', (field, changes) => {
    expect(() => parse(changes)).toThrow(field);
  });
});

it.each([
  'm6g.2xlarge',
  'c7gn.4xlarge',
  'a1.2xlarge',
  't4g.2xlarge',
  'x2gd.2xlarge',
  'im4gn.2xlarge',
])('refuses %s, which is Arm', (type) => {
  expect(() => parse({ instanceTypes: [type] })).toThrow('x86');
});

it.each([
  'g4dn.2xlarge',
  'g5.2xlarge',
  'm7i-flex.2xlarge',
  'm5.metal',
  'p4de.24xlarge',
  'u-6tb1.112xlarge',
])('takes %s, which is x86', (type) => {
  expect(parse({ instanceTypes: [type] }).instanceTypes).toEqual([type]);
});

it.each(['a', 'prod', 'prod-2', 'team-a-2026', 'users-1'])('takes the environment %s', (name) => {
  expect(parse({ environment: name }).environment).toBe(name);
});

it('takes a group that nobody is left in, as long as there is a user', () => {
  expect(parse({ moreUsers: [[], ['carol'], []] }).moreUsers).toEqual([[], ['carol'], []]);
  expect(parse({ users: [], moreUsers: [['carol']] }).users).toEqual([]);
});

it('takes as many users as two stacks hold', () => {
  const config = parse({ users: manyUsers(100), moreUsers: [manyUsers(100, 100)] });
  expect(config.users.length + config.moreUsers.flat().length).toBe(200);
});

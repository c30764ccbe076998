import { expect, it } from 'vitest';
import { ownJobDefinition } from './job-definition.ts';

const arn = 'arn:aws:batch:us-east-1:123456789012:job-definition/other';

it.each([
  ['openevolve-prod-job', undefined, 'openevolve-prod-job-alice'],
  ['openevolve-prod-job', 3, 'openevolve-prod-job-alice:3'],
  ['openevolve-prod-job:2', undefined, 'openevolve-prod-job-alice:2'],
  [arn, undefined, arn],
  [`${arn}:7`, undefined, `${arn}:7`],
])('takes %s, revision %s, for %s', (definition, revision, expected) => {
  expect(ownJobDefinition(definition, 'alice', revision)).toBe(expected);
});

it('refuses a revision of what is fixed to one', () => {
  expect(() => ownJobDefinition('openevolve-prod-job:2', 'alice', 3)).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }),
  );
});

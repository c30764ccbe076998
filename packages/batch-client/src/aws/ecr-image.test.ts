import { expect, it } from 'vitest';
import { parseEcrImage } from './ecr-image.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const digest = `sha256:${'0a'.repeat(32)}`;

it.each([
  [`${host}/team/openevolve:1.2`, { repository: 'team/openevolve', tag: '1.2' }],
  [`${host}/openevolve`, { repository: 'openevolve', tag: 'latest' }],
  [`${host}/openevolve:1.2@${digest}`, { repository: 'openevolve', digest }],
  [`${host}.cn/openevolve:x`, { repository: 'openevolve', tag: 'x' }],
])('reads %s', (name, expected) => {
  expect(parseEcrImage(name)).toEqual({
    account: '123456789012',
    region: 'eu-west-1',
    ...expected,
  });
});

it.each(['python:3.12', 'ghcr.io/team/openevolve:1', `${host}/`, `${host}/a b`, ''])(
  'knows that %s is not in ECR',
  (name) => {
    expect(parseEcrImage(name)).toBeNull();
  },
);

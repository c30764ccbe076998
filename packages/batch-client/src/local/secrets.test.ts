import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canAskAProvider, secretsOf } from './secrets.ts';

const named = { llm: { api_key: `\${OTHER_API_KEY}` } };
const other = { OTHER_API_KEY: 'other' };

it.each([
  ['nothing that no config names', { ...other, SECRET: 'x' }, null, {}],
  [
    'the known keys as they are',
    { GEMINI_API_KEY: 'g', OPENAI_API_KEY: 'o' },
    null,
    {
      GEMINI_API_KEY: 'g',
      OPENAI_API_KEY: 'o',
    },
  ],
  ['a named key alone', other, named, { GEMINI_API_KEY: '{"OTHER_API_KEY":"other"}' }],
  [
    'a named key beside a known one',
    { ...other, GEMINI_API_KEY: 'g' },
    named,
    {
      GEMINI_API_KEY: '{"OTHER_API_KEY":"other","GEMINI_API_KEY":"g"}',
    },
  ],
  [
    'a named key beside a secret of several',
    { ...other, GEMINI_API_KEY: '{"A":"a"}' },
    named,
    {
      GEMINI_API_KEY: '{"OTHER_API_KEY":"other","A":"a"}',
    },
  ],
  ['no key that is named and not set', { GEMINI_API_KEY: 'g' }, named, { GEMINI_API_KEY: 'g' }],
])('takes of an environment %s', (_what, variables, config, secrets) => {
  expect(secretsOf(variables, config)).toEqual(secrets);
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['llm: {temperature: 1}', {}, false],
  ['llm: {temperature: 1}', { OPENAI_API_KEY: 'o' }, true],
  [`llm: {api_key: "\${OTHER_API_KEY}"}`, {}, false],
  [`llm: {api_key: "\${OTHER_API_KEY}"}`, other, true],
  ['llm: {api_base: "http://localhost:8000/v1", api_key: EMPTY}', {}, true],
])('%s with %j has a key: %j', async (yaml, variables, has) => {
  const config = join(folder, 'config.yaml');
  await writeFile(config, yaml);
  expect(await canAskAProvider(variables, config)).toBe(has);
});

import { expect, test } from 'vitest';
import { readKeys } from './keys.ts';

const read = (variables: Record<string, string>) => Object.fromEntries(readKeys(variables));

test.each([
  ['raw', 'AIza-key\n', { GEMINI_API_KEY: 'AIza-key' }],
  ['JSON with one key', '{"GEMINI_API_KEY": "AIza-key"}', { GEMINI_API_KEY: 'AIza-key' }],
  [
    'JSON with the keys of several providers',
    '{"GEMINI_API_KEY": "AIza-key", "OPENROUTER_KEY": " or-key "}',
    { GEMINI_API_KEY: 'AIza-key', OPENROUTER_KEY: 'or-key' },
  ],
])('a secret is %s', (_what, secret, keys) => {
  expect(read({ GEMINI_API_KEY: secret })).toEqual(keys);
});

test('each variable of the deployment may hold one, and no other is looked at', () => {
  expect(read({ GEMINI_API_KEY: 'g-key', OPENAI_API_KEY: 'o-key', OTHER_KEY: 'x' })).toEqual({
    GEMINI_API_KEY: 'g-key',
    OPENAI_API_KEY: 'o-key',
  });
});

test.each([
  '',
  'no-key-yet-run-openevolve-aws-secret-set',
  'REPLACE_ME',
  'replace-me',
  'change me',
  'placeholder',
  'your-gemini-api-key',
  '<your key>',
  'xxxxxxxx',
  '{"GEMINI_API_KEY": "REPLACE_ME"}',
  '{"GEMINI_API_KEY": ""}',
])('what a fresh stack holds is no key: %j', (secret) => {
  expect(read({ GEMINI_API_KEY: secret })).toEqual({});
});

test.each(['{"GEMINI_API_KEY": "AIza-secret"', '{"GEMINI_API_KEY": {"value": "AIza-secret"}}'])(
  'a secret that is broken is refused without being quoted: %j',
  (secret) => {
    expect(() => read({ GEMINI_API_KEY: secret })).toThrow(
      expect.objectContaining({
        code: 'KEY_UNUSABLE',
        message: expect.not.stringContaining('AIza'),
      }),
    );
  },
);

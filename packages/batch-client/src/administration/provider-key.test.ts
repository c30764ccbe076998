import { PROVIDER_KEY_PLACEHOLDER } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { secretWithKeys } from './provider-key.ts';

const key = 'AIzaSyA-real-looking-key_0123456789abcd';
const given = new Map([['GEMINI_API_KEY', key]]);

it.each<[string, string, Record<string, string>]>([
  ['the placeholder', `{"GEMINI_API_KEY":"${PROVIDER_KEY_PLACEHOLDER}"}`, {}],
  ['a raw key', 'AIza-the-old-one-in-the-raw', {}],
  ['nothing', '', {}],
  ['what no job could read', '{"GEMINI_API_KEY": "cut o', {}],
  [
    'the key of another provider beside the placeholder',
    `{"OPENROUTER_API_KEY":"sk-or-1","GEMINI_API_KEY":"${PROVIDER_KEY_PLACEHOLDER}"}`,
    { OPENROUTER_API_KEY: 'sk-or-1' },
  ],
])('puts a key in the place of %s', (_, current, kept) => {
  expect(JSON.parse(secretWithKeys(current, given))).toEqual({ ...kept, GEMINI_API_KEY: key });
});

it.each([
  'AIza...your-real-key...',
  PROVIDER_KEY_PLACEHOLDER,
  'too-short',
  'two words are no key at all',
  'a key with\na second line',
])('refuses %j without quoting it', (wrong) => {
  const store = () => secretWithKeys('', new Map([['GEMINI_API_KEY', wrong]]));
  expect(store).toThrow(
    expect.objectContaining({
      code: 'INVALID_INPUT',
      message: expect.not.stringContaining(wrong),
    }),
  );
});

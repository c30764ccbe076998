import { PROVIDER_KEY_PLACEHOLDER } from '@openevolve-aws/job-spec';
import { readKeys } from '@openevolve-aws/llm-gateway';
import { expect, it } from 'vitest';
import { secretsIn } from './secrets.ts';

it('finds the keys in a secret, and the secret as a whole', () => {
  const secret = '{"GEMINI_API_KEY": "AIza-key", "OPENROUTER_KEY": "or-key"}';
  expect(secretsIn({ GEMINI_API_KEY: secret })).toEqual(
    expect.arrayContaining(['AIza-key', 'or-key', secret]),
  );
});

it('hides a secret that cannot be read all the same', () => {
  expect(secretsIn({ GEMINI_API_KEY: '{"GEMINI_API_KEY": "AIza-k' })).toContain(
    '{"GEMINI_API_KEY": "AIza-k',
  );
});

it('is told apart from the placeholder that a fresh stack holds', () => {
  const secret = JSON.stringify({ GEMINI_API_KEY: PROVIDER_KEY_PLACEHOLDER });
  for (const value of [secret, PROVIDER_KEY_PLACEHOLDER]) {
    expect(readKeys({ GEMINI_API_KEY: value }).size).toBe(0);
  }
});

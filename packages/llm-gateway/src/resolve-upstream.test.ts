import { expect, test } from 'vitest';
import { providers } from './providers.ts';
import { resolveUpstream } from './resolve-upstream.ts';

const gemini = 'https://generativelanguage.googleapis.com/v1beta/openai';
const variable = (name: string) => `\${${name}}`;

function resolve(
  llm: object | null,
  env: Record<string, string> = { GEMINI_API_KEY: 'gemini-key' },
) {
  return resolveUpstream({ llm }, { provider: providers.gemini, env });
}

test('a config that names no service gets the given one, with the key of its own variable', () => {
  const expected = { baseUrl: gemini, apiKey: 'gemini-key' };
  expect(
    resolveUpstream(null, { provider: providers.gemini, env: { GEMINI_API_KEY: 'gemini-key' } }),
  ).toEqual(expected);
  expect(resolve(null)).toEqual(expected);
  expect(resolve({ models: [{ name: 'a', api_base: null }] })).toEqual(expected);
});

test('a config that names a service gets it, with the key in the variable that it names', () => {
  const llm = {
    api_base: 'https://openrouter.ai/api/v1/',
    api_key: variable('OPENROUTER_KEY'),
    primary_model: 'a',
  };
  expect(resolve(llm, { OPENROUTER_KEY: 'or-key' })).toEqual({
    baseUrl: 'https://openrouter.ai/api/v1',
    apiKey: 'or-key',
  });
});

test('another known service gets the key of its own variable', () => {
  const llm = { api_base: providers.openai.baseUrl, primary_model: 'a' };
  expect(resolve(llm, { OPENAI_API_KEY: 'openai-key', GEMINI_API_KEY: 'gemini-key' })).toEqual({
    baseUrl: 'https://api.openai.com/v1',
    apiKey: 'openai-key',
  });
});

test('OPENAI_API_KEY may hold the key for Gemini, as OpenEvolve has it', () => {
  const llm = { api_base: `${gemini}/`, api_key: variable('OPENAI_API_KEY') };
  expect(resolve(llm, { OPENAI_API_KEY: 'k' })).toEqual({ baseUrl: gemini, apiKey: 'k' });
});

test('the same service may be named by every model, and the same key in several ways', () => {
  const base = 'http://models.internal:8000/v1';
  const one = { name: 'a', api_base: base, api_key: 'k' };
  const two = { name: 'b', api_base: `${base}/`, api_key: variable('MY_KEY') };
  expect(resolve({ models: [one, two], evaluator_models: [one] }, { MY_KEY: 'k' })).toEqual({
    baseUrl: base,
    apiKey: 'k',
  });
});

const a = { api_base: 'https://a/v1', api_key: 'key-a' };
const b = { api_base: 'https://b/v1', api_key: 'key-a' };
test.each([
  [{ models: [a, b] }, /https:\/\/a\/v1, https:\/\/b\/v1/],
  [{ models: [{ name: 'm' }], evaluator_models: [b] }, /https:\/\/b\/v1/],
  [{ ...a, models: [{}, { api_key: 'key-b' }] }, /several api_key/],
  [{ primary_model: 'p', models: [b] }, /https:\/\/b\/v1/],
])('several services or keys are refused, and no key is shown: %j', (llm, message) => {
  const expected = { code: 'SEVERAL_UPSTREAMS', message: expect.stringMatching(message) };
  expect(() => resolve(llm)).toThrow(expect.objectContaining(expected));
  expect(() => resolve(llm)).not.toThrow(/key-[ab]/);
});

test.each([
  [null, 'GEMINI_API_KEY'],
  [{ api_key: variable('MY_KEY') }, 'MY_KEY'],
  [{ api_base: 'https://a/v1' }, 'llm.api_key'],
])('a missing key is named: %j', (llm, name) => {
  const expected = { code: 'KEY_MISSING', message: expect.stringContaining(name) };
  expect(() => resolve(llm, {})).toThrow(expect.objectContaining(expected));
});

test.each(['GEMINI_API_KEY', 'OPENAI_API_KEY'])(
  'the key in %s is not handed to a host that the config chose',
  (name) => {
    const llm = {
      api_base: 'https://generativelanguage.googleapis.com.evil.example/v1',
      api_key: variable(name),
    };
    expect(() => resolve(llm, { [name]: 'key' })).toThrow(
      expect.objectContaining({ code: 'KEY_UNUSABLE' }),
    );
  },
);

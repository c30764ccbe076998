import { describe, expect, test } from 'vitest';
import { type GatewayConfigOptions, gatewayConfig } from './gateway-config.ts';
import { providers } from './providers.ts';

const url = 'http://127.0.0.1:4000/v1';
const token = 'run-token';
const variable = (name: string) => `\${${name}}`;
const through = { api_base: url, api_key: token };

function configure(userConfig: unknown, options: Partial<GatewayConfigOptions> = {}) {
  return gatewayConfig(userConfig, {
    url,
    token,
    provider: providers.gemini,
    env: { GEMINI_API_KEY: 'gemini-key' },
    ...options,
  });
}

describe('models', () => {
  test.each([null, undefined, {}, { llm: null }, { llm: { models: [] } }])(
    'the config %j gets the models of the provider',
    (userConfig) => {
      const { config, upstream } = configure(userConfig);
      expect(config.llm).toEqual({
        ...through,
        models: [
          { name: 'gemini-2.5-flash-lite', weight: 0.8, ...through },
          { name: 'gemini-2.5-flash', weight: 0.2, ...through },
        ],
      });
      expect(upstream).toEqual({
        baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
        apiKey: 'gemini-key',
      });
    },
  );

  test('a config without models gets the offline model, and no key is looked up', () => {
    const { config, upstream } = configure(null, { provider: 'offline', env: {} });
    expect(config.llm).toMatchObject({ models: [{ name: 'offline-search', weight: 1 }] });
    expect(upstream).toBeNull();
  });

  test('lists keep names, weights and settings, and every entry goes through the gateway', () => {
    const { config } = configure({
      llm: {
        models: [
          { name: 'a', weight: 0.3, temperature: 1, api_key: variable('GEMINI_API_KEY') },
          { name: 'b', weight: 0.7, api_key: variable('GEMINI_API_KEY'), api_base: null },
        ],
        evaluator_models: [{ name: 'c', weight: 1, api_key: variable('GEMINI_API_KEY') }],
      },
    });
    expect(config.llm).toEqual({
      ...through,
      models: [
        { name: 'a', weight: 0.3, temperature: 1, ...through },
        { name: 'b', weight: 0.7, ...through },
      ],
      evaluator_models: [{ name: 'c', weight: 1, ...through }],
    });
  });

  test('the primary and secondary form stays as it is', () => {
    const llm = {
      primary_model: 'a',
      primary_model_weight: 0.8,
      secondary_model: 'b',
      secondary_model_weight: 0.2,
      retries: 7,
      timeout: 240,
    };
    expect(configure({ llm }).config.llm).toEqual({ ...llm, ...through });
  });

  test('all other keys stay, and the user config itself is not changed', () => {
    const userConfig = Object.freeze({
      max_iterations: 5,
      llm: Object.freeze({ temperature: 0.3 }),
      prompt: { system_message: 'x' },
      evaluator: Object.freeze({ timeout: 10 }),
    });
    const { config } = configure(userConfig, { workers: 8 });
    expect(config).toMatchObject({
      max_iterations: 5,
      llm: { temperature: 0.3 },
      prompt: { system_message: 'x' },
      evaluator: { timeout: 10, parallel_evaluations: 8 },
    });
    const chosen = { evaluator: { parallel_evaluations: 3 } };
    expect(configure(chosen, { workers: 8 }).config).toMatchObject(chosen);
  });
});

describe('the provider behind the gateway', () => {
  test('is the one that the config names, with the key in the variable that it names', () => {
    const { config, upstream } = configure(
      {
        llm: {
          api_base: 'https://openrouter.ai/api/v1/',
          api_key: variable('OPENROUTER_KEY'),
          primary_model: 'a',
        },
      },
      { env: { OPENROUTER_KEY: 'or-key' } },
    );
    expect(upstream).toEqual({ baseUrl: 'https://openrouter.ai/api/v1', apiKey: 'or-key' });
    expect(JSON.stringify(config)).not.toMatch(/openrouter|or-key|OPENROUTER/);
  });

  test('gets the key of its own variable when the config gives none', () => {
    const { upstream } = configure(
      { llm: { api_base: providers.openai.baseUrl, primary_model: 'a' } },
      { env: { OPENAI_API_KEY: 'openai-key' } },
    );
    expect(upstream).toEqual({ baseUrl: 'https://api.openai.com/v1', apiKey: 'openai-key' });
  });

  test('may be named once for every model', () => {
    const base = 'http://models.internal:8000/v1';
    const one = { name: 'a', api_base: base, api_key: 'k' };
    const { upstream } = configure({
      llm: { models: [one, { ...one, name: 'b', api_base: `${base}/` }], evaluator_models: [one] },
    });
    expect(upstream).toEqual({ baseUrl: base, apiKey: 'k' });
  });

  test.each([
    [
      {
        models: [
          { api_base: 'https://a/v1', api_key: 'k' },
          { api_base: 'https://b/v1', api_key: 'k' },
        ],
      },
      /https:\/\/a\/v1, https:\/\/b\/v1/,
    ],
    [
      { models: [{ name: 'a' }], evaluator_models: [{ name: 'b', api_base: 'https://b/v1' }] },
      /https:\/\/b\/v1/,
    ],
    [{ api_base: 'https://a/v1', models: [{ api_key: 'k' }, { api_key: 'l' }] }, /several api_key/],
    [{ primary_model: 'p', models: [{ name: 'a', api_base: 'https://b/v1' }] }, /https:\/\/b\/v1/],
  ])('is refused when there are several: %j', (llm, message) => {
    expect(() => configure({ llm })).toThrow(
      expect.objectContaining({
        code: 'SEVERAL_UPSTREAMS',
        message: expect.stringMatching(message),
      }),
    );
  });

  test('a missing key names its variable', () => {
    expect(() => configure(null, { env: {} })).toThrow(
      expect.objectContaining({
        code: 'KEY_MISSING',
        message: expect.stringContaining('GEMINI_API_KEY'),
      }),
    );
    expect(() => configure({ llm: { api_key: variable('MY_KEY') } })).toThrow(
      expect.objectContaining({ code: 'KEY_MISSING', message: expect.stringContaining('MY_KEY') }),
    );
    expect(() => configure({ llm: { api_base: 'https://a/v1' } })).toThrow(
      expect.objectContaining({
        code: 'KEY_MISSING',
        message: expect.stringContaining('llm.api_key'),
      }),
    );
  });

  test.each(['GEMINI_API_KEY', 'OPENAI_API_KEY'])(
    'the key in %s is not handed to a host that the config chose',
    (name) => {
      const llm = {
        api_base: 'https://generativelanguage.googleapis.com.evil.example/v1',
        api_key: variable(name),
      };
      expect(() => configure({ llm }, { env: { [name]: 'key' } })).toThrow(
        expect.objectContaining({ code: 'KEY_UNUSABLE' }),
      );
    },
  );
});

test.each([
  [{ llm: { models: 'gpt' } }, /llm\.models/],
  [{ llm: [] }, /llm/],
  ['text', /./],
  [{ llm: { provider: 'claude_code' } }, /claude_code/],
  [{ llm: { models: [{ name: 'a', provider: 'copilot_cli' }] } }, /copilot_cli/],
  [{ llm: { manual_mode: true } }, /manual_mode/],
])('the config %j is refused with its reason', (userConfig, message) => {
  expect(() => configure(userConfig)).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }),
  );
});

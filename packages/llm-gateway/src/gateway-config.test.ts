import { describe, expect, test } from 'vitest';
import { type GatewayConfigOptions, gatewayConfig } from './gateway-config.ts';
import { providers } from './providers.ts';

const url = 'http://127.0.0.1:4000/v1';
const token = 'run-token';
const variable = (name: string) => `\${${name}}`;
const through = { api_base: url, api_key: token };

function configure(userConfig: unknown, options: Partial<GatewayConfigOptions> = {}) {
  return gatewayConfig(userConfig, { url, token, provider: providers.gemini, ...options });
}

describe('models', () => {
  test.each([null, undefined, {}, { llm: null }, { llm: { models: [] } }])(
    'the config %j gets the models of the provider',
    (userConfig) => {
      expect(configure(userConfig).llm).toEqual({
        ...through,
        models: [
          { name: 'gemini-2.5-flash-lite', weight: 0.8, ...through },
          { name: 'gemini-2.5-flash', weight: 0.2, ...through },
        ],
      });
    },
  );

  test('a config without models gets the offline model when that is the provider', () => {
    const config = configure(null, { provider: 'offline' });
    expect(config.llm).toMatchObject({ models: [{ name: 'offline-search', weight: 1 }] });
  });

  test('lists keep names, weights and settings, and every entry goes through the gateway', () => {
    const config = configure({
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

  test('what is left says nothing of the provider or its key', () => {
    const llm = { api_base: 'https://a.example/v1', api_key: 'secret', primary_model: 'a' };
    const one = { name: 'a', api_base: 'https://a.example/v1', api_key: 'secret' };
    for (const models of [undefined, [one]]) {
      const config = configure({ llm: { ...llm, models, evaluator_models: models } });
      expect(JSON.stringify(config)).not.toMatch(/a\.example|secret/);
    }
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
    expect(configure({ llm }).llm).toEqual({ ...llm, ...through });
  });

  test('all other keys stay, and the user config itself is not changed', () => {
    const userConfig = Object.freeze({
      max_iterations: 5,
      llm: Object.freeze({ temperature: 0.3 }),
      prompt: { system_message: 'x' },
      evaluator: Object.freeze({ timeout: 10 }),
    });
    const config = configure(userConfig, { workers: 8 });
    expect(config).toMatchObject({
      max_iterations: 5,
      llm: { temperature: 0.3 },
      prompt: { system_message: 'x' },
      evaluator: { timeout: 10, parallel_evaluations: 8 },
    });
    const chosen = { evaluator: { parallel_evaluations: 3 } };
    expect(configure(chosen, { workers: 8 })).toMatchObject(chosen);
  });
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

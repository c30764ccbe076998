import { describe, expect, test } from 'vitest';
import { planModels } from './model-plan.ts';
import { type Provider, providers } from './providers.ts';

const gemini = 'https://generativelanguage.googleapis.com/v1beta/openai';
const variable = (name: string) => `\${${name}}`;
const origin = 'http://127.0.0.1:4000';
const through = { api_base: `${origin}/v1`, api_key: 'run-token', timeout: 900, retries: 0 };

function plan(
  userConfig: unknown,
  keys: Record<string, string> = { GEMINI_API_KEY: 'gemini-key' },
  provider: Provider | 'offline' = providers.gemini,
) {
  const planned = planModels(userConfig, {
    provider,
    keys: new Map(Object.entries(keys)),
    outageLimitMs: 600_000,
  });
  return { ...planned, config: planned.configFor({ origin, token: 'run-token' }) };
}

describe('routes', () => {
  test.each([null, undefined, {}, { llm: null }, { llm: { models: [] } }])(
    'the config %j gets the models of the provider, with the key of its own variable',
    (userConfig) => {
      const { routes, config } = plan(userConfig);
      expect(routes).toEqual([
        { path: '/v1', baseUrl: gemini, apiKey: 'gemini-key', timeoutMs: 60_000, retries: 3 },
      ]);
      expect(config.llm).toEqual({
        ...through,
        models: [
          { name: 'gemini-2.5-flash-lite', weight: 0.8, ...through },
          { name: 'gemini-2.5-flash', weight: 0.2, ...through },
        ],
      });
    },
  );

  test('several providers in one ensemble each keep their key to themselves', () => {
    const { routes, models, config } = plan(
      {
        llm: {
          models: [
            { name: 'a', weight: 0.3, temperature: 1 },
            {
              name: 'b',
              weight: 0.7,
              api_base: 'https://openrouter.ai/api/v1/',
              api_key: variable('OPENROUTER_KEY'),
            },
            {
              name: 'c',
              weight: 0.1,
              api_base: providers.openai.baseUrl,
              timeout: 240,
              retries: 7,
            },
            { name: 'd', weight: 0.1 },
          ],
          evaluator_models: [{ name: 'e', api_base: 'http://vllm:8000/v1', api_key: 'any' }],
        },
      },
      { GEMINI_API_KEY: 'gemini-key', OPENAI_API_KEY: 'openai-key', OPENROUTER_KEY: 'or-key' },
    );
    expect(routes.map(({ path, baseUrl, apiKey }) => [path, baseUrl, apiKey])).toEqual([
      ['/v1', gemini, 'gemini-key'],
      ['/2/v1', 'https://openrouter.ai/api/v1', 'or-key'],
      ['/3/v1', 'https://api.openai.com/v1', 'openai-key'],
      ['/4/v1', 'http://vllm:8000/v1', 'any'],
    ]);
    expect(routes[2]).toMatchObject({ timeoutMs: 240_000, retries: 7 });
    expect(models.map(({ name, route }) => [name, route.path])).toEqual([
      ['a', '/v1'],
      ['b', '/2/v1'],
      ['c', '/3/v1'],
      ['d', '/v1'],
      ['e', '/4/v1'],
    ]);
    const at = (path: string) => ({ ...through, api_base: `${origin}${path}` });
    expect(config.llm).toEqual({
      ...through,
      models: [
        { name: 'a', weight: 0.3, temperature: 1, ...at('/v1') },
        { name: 'b', weight: 0.7, ...at('/2/v1') },
        { name: 'c', weight: 0.1, ...at('/3/v1') },
        { name: 'd', weight: 0.1, ...at('/v1') },
      ],
      evaluator_models: [{ name: 'e', ...at('/4/v1') }],
    });
    expect(JSON.stringify(config)).not.toMatch(/-key|openrouter|vllm|api\.openai/);
  });

  test('models take from llm what they do not set themselves, and null sets nothing', () => {
    const llm = { api_base: 'https://a.example/v1', api_key: 'secret-a', timeout: 5 };
    const { routes } = plan({
      llm: { ...llm, models: [{ name: 'a', api_base: null, timeout: null }] },
    });
    expect(routes).toMatchObject([
      { baseUrl: llm.api_base, apiKey: llm.api_key, timeoutMs: 5_000 },
    ]);
  });

  test('OPENAI_API_KEY may hold the key for Gemini, as OpenEvolve has it', () => {
    const llm = { api_base: `${gemini}/`, api_key: variable('OPENAI_API_KEY'), primary_model: 'a' };
    expect(plan({ llm }, { OPENAI_API_KEY: 'k' }).routes).toMatchObject([
      { baseUrl: gemini, apiKey: 'k' },
    ]);
  });

  test.each([
    [null, 'GEMINI_API_KEY'],
    [{ llm: { api_key: variable('MY_KEY') } }, 'MY_KEY'],
    [{ llm: { api_base: 'https://a/v1' } }, 'llm.api_key'],
  ])('a missing key is named: %j', (config, name) => {
    expect(() => plan(config, {})).toThrow(
      expect.objectContaining({ code: 'KEY_MISSING', message: expect.stringContaining(name) }),
    );
  });

  test('a key that models take from llm goes to one host only', () => {
    const shared = { api_key: 'secret-of-a', models: [{ name: 'a' }, { name: 'b' }] };
    const at = (api_base: string | undefined, other: string | undefined) => () =>
      plan({
        llm: { ...shared, api_base, models: [{ name: 'a' }, { name: 'b', api_base: other }] },
      });
    const refusal = expect.objectContaining({
      code: 'KEY_UNUSABLE',
      message: expect.stringMatching(/a\.example.*b\.example|b\.example.*generativelanguage/),
    });
    expect(at('https://a.example/v1', 'https://b.example/v1')).toThrow(refusal);
    // Without one of its own, llm.api_base is the provider's.
    expect(at(undefined, 'https://b.example/v1')).toThrow(
      expect.objectContaining({ code: 'KEY_UNUSABLE' }),
    );
    expect(at('https://a.example/v1', 'https://a.example/v2')).not.toThrow();
    expect(at('https://a.example/v1', undefined)).not.toThrow();
    // All of them name the same other host.
    const only = [{ name: 'a', api_base: 'https://b.example/v1' }];
    expect(plan({ llm: { api_key: 'secret-of-b', models: only } }).routes).toMatchObject([
      { baseUrl: 'https://b.example/v1', apiKey: 'secret-of-b' },
    ]);
    const named = [{ name: 'a' }, { name: 'b', api_base: 'https://b.example/v1' }];
    expect(() =>
      plan({ llm: { api_key: variable('K'), models: named } }, { K: 'secret-k' }),
    ).toThrow(expect.objectContaining({ code: 'KEY_UNUSABLE' }));
    // No secret, but a word that servers without keys want.
    const local = [
      { name: 'a', api_base: 'http://one:8000/v1' },
      { name: 'b', api_base: 'http://two:8000/v1' },
    ];
    expect(plan({ llm: { api_key: 'EMPTY', models: local } }).routes).toHaveLength(2);
  });

  test('a base URL that is none is refused, and a key in it is not shown', () => {
    for (const api_base of ['https://host/v1?key=secret-0123', 'https://me:secret-0123@host/v1']) {
      for (const api_key of [undefined, variable('GEMINI_API_KEY'), 'k']) {
        expect(() => plan({ llm: { api_base, api_key, primary_model: 'a' } })).toThrow(
          expect.objectContaining({
            code: 'INVALID_CONFIG',
            message: expect.not.stringContaining('secret-0123'),
          }),
        );
      }
    }
  });

  test.each(['GEMINI_API_KEY', 'OPENAI_API_KEY'])(
    'the key in %s is not handed to a host that the config chose',
    (name) => {
      const api_base = 'https://generativelanguage.googleapis.com.evil.example/v1';
      const llm = { models: [{ name: 'a', api_base, api_key: variable(name) }] };
      expect(() => plan({ llm }, { [name]: 'key' })).toThrow(
        expect.objectContaining({ code: 'KEY_UNUSABLE' }),
      );
    },
  );
});

describe('the config', () => {
  test('without models gets the offline model when that is the provider, and needs no key', () => {
    const { routes, config } = plan(null, {}, 'offline');
    expect(routes).toEqual([]);
    expect(config.llm).toMatchObject({
      ...through,
      models: [{ name: 'offline-search', weight: 1 }],
    });
  });

  test('in the primary and secondary form stays in it', () => {
    const llm = {
      primary_model: 'a',
      primary_model_weight: 0.8,
      secondary_model: 'b',
      secondary_model_weight: 0.2,
    };
    const { config, models } = plan({ llm });
    expect(config.llm).toEqual({ ...llm, ...through });
    expect(models.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('lets OpenEvolve wait longer than the longest try that the config allows', () => {
    const llm = {
      timeout: 1_200,
      models: [{ name: 'slow' }, { name: 'quick', timeout: 20 }],
    };
    expect(plan({ llm }).config.llm).toMatchObject({
      timeout: 1_800,
      models: [{ timeout: 1_800 }, { timeout: 900 }],
    });
  });

  test('keeps all other keys, and the user config itself is not changed', () => {
    const userConfig = Object.freeze({
      max_iterations: 5,
      llm: Object.freeze({ temperature: 0.3 }),
      prompt: { system_message: 'x' },
      evaluator: Object.freeze({ timeout: 10 }),
    });
    expect(plan(userConfig).config).toMatchObject({
      max_iterations: 5,
      llm: { temperature: 0.3 },
      prompt: { system_message: 'x' },
      evaluator: { timeout: 10 },
    });
  });

  test.each([
    [{ llm: { models: 'gpt' } }, /llm\.models/],
    [{ llm: [] }, /llm/],
    ['text', /./],
    [{ llm: { provider: 'claude_code' } }, /claude_code/],
    [{ llm: { models: [{ name: 'a', provider: 'copilot_cli' }] } }, /copilot_cli/],
    [{ llm: { manual_mode: true } }, /manual_mode/],
  ])('%j is refused with its reason', (userConfig, message) => {
    expect(() => plan(userConfig)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) }),
    );
  });
});

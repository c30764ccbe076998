import { expect, it } from 'vitest';
import { keysOfConfig } from './config-keys.ts';

const variable = (name: string) => `\${${name}}`;

it.each([
  [null, [], false],
  [{ llm: { temperature: 1 } }, [], false],
  [{ llm: { api_key: null } }, [], false],
  [{ llm: { api_key: variable('A_KEY') } }, ['A_KEY'], false],
  [{ llm: { api_key: 'sk-a' } }, [], true],
  [
    {
      llm: {
        api_key: variable('A_KEY'),
        models: [{ api_key: variable('B_KEY') }, { api_key: variable('A_KEY') }],
        evaluator_models: [{ api_key: 'sk-c' }],
      },
    },
    ['A_KEY', 'B_KEY'],
    true,
  ],
])('keys of %j', (config, variables, plain) => {
  expect(keysOfConfig(config)).toEqual({ variables, plain });
});

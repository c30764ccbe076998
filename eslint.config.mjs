// Only the two rules that need the project graph live here; format and general lint are biome's.
import nx from '@nx/eslint-plugin';
import parser from '@typescript-eslint/parser';
import jsonc from 'jsonc-eslint-parser';

/** A layer may use the layers to its left, never one to its right. */
const layers = ['job-spec', 's3-layout', 'object-store', 'engine', 'client', 'app'];

const depConstraints = [
  ...layers.map((layer, position) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: [
      ...layers.slice(0, position).map((left) => `layer:${left}`),
      'layer:test-servers',
    ],
  })),
  { sourceTag: 'type:lib', notDependOnLibsWithTags: ['type:app'] },
];

export default [
  { ignores: ['**/dist', '**/.test-results', '**/node_modules', '**/.venv'] },
  {
    files: ['**/*.ts', '**/*.mjs'],
    languageOptions: { parser },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          checkDynamicDependenciesExceptions: ['.*'],
          // How every project's suites and bundles are made.
          allow: ['../../vitest.shared.ts', '../../tools/bundle/bundle.mjs'],
          depConstraints,
        },
      ],
    },
  },
  {
    files: ['{packages,apps}/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    languageOptions: { parser },
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: '@openevolve-aws/test-servers',
          message: 'It is never published: only tests and benchmarks may start its servers.',
        },
      ],
    },
  },
  {
    files: ['**/package.json'],
    // Bundles have no dependencies at run time; theirs are development ones.
    ignores: ['apps/cli/package.json', 'apps/entrypoint/package.json'],
    languageOptions: { parser: jsonc },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: [
            '{projectRoot}/**/*.test.ts',
            '{projectRoot}/tests/**',
            '{projectRoot}/vitest*.config.ts',
            '{projectRoot}/build.mjs',
          ],
        },
      ],
    },
  },
];

import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The configuration of one test suite of one project; results land in `.test-results/`. */
export function suite(
  name: 'unit' | 'integration' | 'random',
  include: string[],
  overrides: NonNullable<ViteUserConfig['test']> = {},
): ViteUserConfig {
  return defineConfig({
    // Workspace packages resolve to their sources, so no suite needs a build of a library.
    ssr: { resolve: { conditions: ['@openevolve-aws/source'] } },
    test: {
      include,
      globalSetup: [fileURLToPath(new URL('./vitest.temporary-folder.ts', import.meta.url))],
      reporters: ['default', 'json'],
      outputFile: { json: `.test-results/${name}.json` },
      server: { deps: { inline: ['clipanion'] } },
      ...overrides,
    },
  });
}

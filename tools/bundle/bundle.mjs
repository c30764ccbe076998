import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Bundles `src/main.ts` of the project in the current folder into `dist`: one package without
 * dependencies at run time, split so that what is imported late is loaded late.
 */
export async function bundle() {
  await rm('dist', { recursive: true, force: true });
  await build({
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    sourcemap: true,
    sourcesContent: false,
    // Workspace packages from their sources: no build of theirs can be stale.
    conditions: ['@openevolve-aws/source'],
    mainFields: ['module', 'main'],
    chunkNames: '[name]-[hash]',
    banner: {
      // CommonJS inside an ES module still asks for require().
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

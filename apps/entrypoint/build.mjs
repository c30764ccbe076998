// One bundle without runtime dependencies, and the Python runner beside it.
import { cp, readdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';

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
  conditions: ['@openevolve-aws/source'],
  mainFields: ['module', 'main'],
  chunkNames: '[name]-[hash]',
  banner: {
    // CommonJS inside an ES module still asks for require().
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
  logLevel: 'warning',
});

const shipped = /^(__main__\.py|openevolve_runner|requirements\.txt)$/;
for (const name of await readdir('runner')) {
  if (shipped.test(name)) {
    await cp(`runner/${name}`, `dist/runner/${name}`, {
      recursive: true,
      filter: (source) => !source.includes('__pycache__'),
    });
  }
}

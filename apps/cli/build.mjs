// The command as one package without runtime dependencies: its bundle, split so that a command loads
// only what it needs, the entrypoint's bundle for jobs on this machine, and the quickstart's files.
import { chmod, cp, rm } from 'node:fs/promises';
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
await chmod('dist/main.js', 0o755);
await cp('../entrypoint/dist', 'dist/entrypoint', { recursive: true });
await cp('../../examples/function-minimization', 'dist/quickstart', { recursive: true });

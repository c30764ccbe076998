import { rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { thirdPartyLicenses } from './third-party-licenses.mjs';

/**
 * Takes `node:http` and `node:https` by require(): an import evaluates all that they export, among it
 * lazily loaded parts that nobody asked for, which costs tens of milliseconds.
 */
const lazyHttp = {
  name: 'lazy-http',
  setup(build) {
    build.onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind, namespace }) =>
      kind === 'require-call' || namespace === 'lazy-http'
        ? undefined
        : { path: path.replace(/^(node:)?/, 'node:'), namespace: 'lazy-http' },
    );
    build.onLoad({ filter: /.*/, namespace: 'lazy-http' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** Messages of zod in English alone: its other languages are most of its code. */
const englishZod = {
  name: 'english-zod',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * Bundles `src/main.ts` of the project in the current folder into `dist`: one package without
 * dependencies at run time, split so that what is imported late is loaded late. The licences of what
 * is part of it lie beside it.
 */
export async function bundle() {
  await rm('dist', { recursive: true, force: true });
  const { metafile } = await build({
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
    // Names stay, for the traces of errors.
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [lazyHttp, englishZod],
    logLevel: 'warning',
    metafile: true,
  });
  const licenses = await thirdPartyLicenses(Object.keys(metafile.inputs));
  await writeFile('dist/THIRD-PARTY-LICENSES.txt', licenses);
}

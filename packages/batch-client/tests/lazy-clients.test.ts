import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';

let outputs: Metafile['outputs'];

beforeAll(async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@openevolve-aws/source'],
    outdir: 'bundle',
    write: false,
    metafile: true,
  });
  outputs = metafile.outputs;
}, 60_000);

/** The packages that are loaded with an output, before anything is called. */
function packagesOf(output: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(output)) {
    return found;
  }
  seen.add(output);
  const { inputs = {}, imports = [] } = outputs[output] ?? {};
  for (const path of Object.keys(inputs)) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1];
    if (name) {
      found.add(name);
    }
  }
  for (const { path, kind } of imports) {
    if (kind === 'import-statement') {
      for (const name of packagesOf(path, seen)) {
        found.add(name);
      }
    }
  }
  return found;
}

it('loads no client of AWS before it is needed, and then one service at a time', () => {
  const entry = Object.keys(outputs).find((path) => path.endsWith('/index.js')) ?? '';
  const atStart = packagesOf(entry);
  expect(atStart).toContain('zod');
  expect([...atStart].filter((name) => /^@(aws-sdk|smithy)\//.test(name))).toEqual([]);

  const services = Object.keys(outputs).flatMap((path) => {
    const clients = [...packagesOf(path)].filter((name) => name.startsWith('@aws-sdk/client-'));
    return outputs[path]?.entryPoint?.includes('/sdk/') ? [clients] : [];
  });
  expect(services.flat().sort()).toEqual([
    '@aws-sdk/client-batch',
    '@aws-sdk/client-cloudformation',
    '@aws-sdk/client-cloudwatch-logs',
    '@aws-sdk/client-ecr',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/client-service-quotas',
    '@aws-sdk/client-sns',
    '@aws-sdk/client-ssm',
    '@aws-sdk/client-sts',
  ]);
});

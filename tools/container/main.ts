// `npm run test:container`: builds the image of a job from the sources as they are, and runs it in
// containers as AWS Batch would: the user, the read-only root, the credentials endpoint and the
// instance metadata at their own addresses, in a network of their own. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { goProgram } from '@openevolve-aws/test-servers';
import { prepareBaseImages } from './base-images.ts';
import { buildImage, buildOldestImage, imageName, layersOf } from './build-image.ts';
import { engineEnvironment, prepareEngine } from './engine.ts';

const root = join(import.meta.dirname, '../..');

/** Before the tests: the network without a way out, with the two addresses of a Batch machine. */
const network = [
  'ip link set lo up',
  'ip address add 169.254.170.2/32 dev lo',
  'ip address add 169.254.169.254/32 dev lo',
  'exec "$@"',
].join(' && ');

try {
  await prepareEngine();
  const base = await prepareBaseImages(process.env.DEBIAN === 'bookworm' ? 'bookworm' : 'trixie');
  for (const target of ['slim', 'full'] as const) {
    const seconds = await buildImage(target, base);
    const layers = await layersOf(imageName(target));
    const total = layers.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(
      `container: ${target} built in ${seconds.toFixed(1)} s, ${inMegabytes(total)}: ${layers.map(({ bytes }) => inMegabytes(bytes)).join(' + ')}`,
    );
  }
  await buildOldestImage(base);
  await goProgram('versitygw');
} catch (error) {
  console.error(`container: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
const vitest = [
  ...[process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run'],
  ...['--config', join(import.meta.dirname, 'vitest.config.ts'), ...process.argv.slice(2)],
];
const { status } = spawnSync('unshare', ['--net', 'sh', '-c', network, 'sh', ...vitest], {
  cwd: import.meta.dirname,
  stdio: 'inherit',
  env: engineEnvironment,
});
process.exitCode = status ?? 1;

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

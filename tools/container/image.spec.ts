// What is in the image, and how it is made.
import { expect, it } from 'vitest';
import { imageName, layerDigests, layersOf } from './build-image.ts';
import { runInImage } from './container.ts';

const MEGABYTE = 1e6;

const run = (image: string, script: string) => runInImage(image, '/bin/sh', '-c', script);

it.each(['slim', 'full'] as const)(
  '%s has no root, no file that gives rights, no AWS command',
  async (target) => {
    const image = imageName(target);
    expect(await run(image, 'id -u; id -g')).toBe('10001\n10001');
    expect(await run(image, 'find / -xdev -perm /6000 -type f 2>/dev/null || true')).toBe('');
    expect(await run(image, 'stat -c %a /usr/local/bin/node')).toBe('711');
    expect(await run(image, 'command -v aws s5cmd || true')).toBe('');
    expect(await run(image, 'find /opt -perm /0022 ! -type l')).toBe('');
  },
);

it('full has the compilers and tools, and slim has none', async () => {
  const tools = 'gcc g++ clang clang++ cmake make git rustc cargo';
  const found = 'for tool in $0; do command -v $tool >/dev/null && echo $tool; done; true';
  const shown = (target: 'full' | 'slim') =>
    runInImage(imageName(target), '/bin/sh', '-c', found, tools);
  expect((await shown('full')).split('\n')).toEqual(tools.split(' '));
  expect(await shown('slim')).toBe('');
});

it('all but the last layer is shared between the targets or above what they share', async () => {
  const [slim, full] = await Promise.all([
    layerDigests(imageName('slim')),
    layerDigests(imageName('full')),
  ]);
  expect(full.slice(0, slim.length - 1)).toEqual(slim.slice(0, -1));
  // The entrypoint's files are the same, wherever they lie.
  expect(full.at(-1)).toBe(slim.at(-1));
});

it.each(['slim', 'full'] as const)(
  'a change of ours moves a few megabytes of %s',
  async (target) => {
    const last = (await layersOf(imageName(target))).at(-1);
    expect(last?.by).toContain('COPY');
    expect(last?.bytes).toBeLessThan(8 * MEGABYTE);
  },
);

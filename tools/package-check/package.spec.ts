import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { budgets } from './budgets.ts';
import { findSecret } from './secrets.ts';
import { exportTargets, packProject, type Tarball } from './tarball.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const project = process.cwd();

/** What a published file may be. */
const published =
  /^(package\.json|README\.md|LICENSE|FORMAT\.md|dist\/THIRD-PARTY-LICENSES\.txt|(dist|src|host)\/.*)$/;
const never =
  /\.test\.|\.spec\.|(^|\/)(tests?|fixtures?|__pycache__|__snapshots__|node_modules)\/|\.tsbuildinfo$|(^|\/)\.(env|npmrc|git)|\.(pem|key|tgz|log)$/;

const sourceMapSchema = z.looseObject({
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string().nullable()).optional(),
});

let tarball: Tarball;
beforeAll(async () => {
  tarball = await packProject(project);
});
afterAll(() => tarball.dispose());

const contentOf = (path: string) => readFile(join(tarball.folder, path), 'utf8');

describe(`the package in ${relative(root, project)}`, () => {
  it('says what it is, under which licence, and where it comes from', () => {
    const { manifest } = tarball;
    expect(manifest).toMatchObject({
      name: expect.stringMatching(/^@openevolve-aws\/[a-z0-9-]+$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      description: expect.stringMatching(/^.{10,120}$/),
      keywords: expect.arrayContaining(['openevolve']),
      license: 'Apache-2.0',
      engines: { node: '>=22.12' },
      repository: { type: 'git', directory: relative(root, project) },
      publishConfig: { access: 'public' },
    });
    const home = manifest.repository?.url.replace(/^git\+(.*)\.git$/, '$1');
    expect(manifest.homepage).toBe(`${home}/tree/main/${relative(root, project)}#readme`);
    expect(manifest.bugs?.url).toBe(`${home}/issues`);
  });

  it('brings the licence and a README', async () => {
    expect(await contentOf('LICENSE')).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
    expect(await contentOf('README.md')).toContain(`# ${tarball.manifest.name}`);
  });

  it('holds nothing but what its users need', () => {
    expect(tarball.files.filter((path) => !published.test(path) || never.test(path))).toEqual([]);
  });

  it('holds no key, and no path of the machine that built it', async () => {
    for (const path of tarball.files) {
      const content = await contentOf(path);
      expect(findSecret(content), path).toBeNull();
      expect(content.includes(root), path).toBe(false);
    }
  });

  it('has source maps of its own sources alone', async () => {
    for (const path of tarball.files.filter((file) => file.endsWith('.map'))) {
      const { sources, sourcesContent } = sourceMapSchema.parse(JSON.parse(await contentOf(path)));
      expect(sourcesContent, path).toBeUndefined();
      for (const source of sources) {
        expect(tarball.files).toContain(posix.join(posix.dirname(path), source));
      }
    }
  });

  it('holds no output of a source that is gone', () => {
    const isBundle = tarball.files.includes('dist/THIRD-PARTY-LICENSES.txt');
    const outputs = tarball.files.filter((path) => !isBundle && path.startsWith('dist/'));
    const sources = outputs.map((path) =>
      path.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'),
    );
    expect(sources.filter((source) => !tarball.files.includes(source))).toEqual([]);
  });

  it('holds every file that its manifest names', async () => {
    const { bin, exports } = tarball.manifest;
    const named = [...Object.values(bin), ...exportTargets(exports).map(({ path }) => path)];
    expect(named.map((path) => posix.normalize(path))).toSatisfy((paths: string[]) =>
      paths.every((path) => tarball.files.includes(path)),
    );
    for (const path of Object.values(bin)) {
      expect(await contentOf(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
  });

  it('gives sources to this workspace only, and built files and types to everybody else', () => {
    for (const { condition, path } of exportTargets(tarball.manifest.exports)) {
      expect({ condition, path }).toEqual({
        condition,
        path: expect.stringMatching(
          condition === '@openevolve-aws/source'
            ? /^\.\/src\/.*\.ts$/
            : condition === 'types'
              ? /^\.\/dist\/.*\.d\.ts$/
              : /^\.\/(dist\/.*\.js|package\.json)$/,
        ),
      });
    }
  });

  it('runs no script on the machine that installs it', () => {
    expect(tarball.manifest.scripts).toEqual({});
  });

  it('takes its own kin in a range, and all others in one version', () => {
    for (const [name, range] of Object.entries(tarball.manifest.dependencies)) {
      expect(`${name} ${range}`).toMatch(
        name.startsWith('@openevolve-aws/') ? / \^\d+\.\d+\.\d+$/ : / \d+\.\d+\.\d+$/,
      );
    }
  });

  it('is one package when it is a bundle', () => {
    if (tarball.files.includes('dist/THIRD-PARTY-LICENSES.txt')) {
      expect(tarball.manifest.dependencies).toEqual({});
    }
  });

  it('stays within its size', () => {
    expect(tarball.size / 1024).toBeLessThan(budgets[tarball.manifest.name] ?? 0);
  });

  it('is what publint would have it', async () => {
    const packed = await readFile(tarball.file);
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(packed).buffer },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that are right for all who import it', async () => {
    const isImported = exportTargets(tarball.manifest.exports).some(
      ({ condition }) => condition === 'types',
    );
    if (!isImported) {
      return;
    }
    // The other profiles ask for CommonJS, which these packages do not have.
    const attw = join(root, 'node_modules', '.bin', 'attw');
    const args = [basename(tarball.file), '--profile', 'esm-only', '--no-color', '--no-emoji'];
    const cwd = join(tarball.folder, '..');
    const { status, stdout } = spawnSync(attw, args, { cwd, encoding: 'utf8' });
    expect({ status, stdout }).toMatchObject({ status: 0 });
  });
});

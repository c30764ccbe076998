import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { copyleftPackages, installedWith, isPermissive, parseLock } from './licenses.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lock = parseLock(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const projects = globSync('{packages,apps}/*/package.json', { cwd: root }).map(dirname);

it('knows what an expression offers', () => {
  expect(isPermissive('MIT')).toBe(true);
  expect(isPermissive('(MIT OR GPL-3.0-or-later)')).toBe(true);
  expect(isPermissive('AGPL-3.0-or-later')).toBe(false);
  expect(isPermissive('none')).toBe(false);
});

it('follows dependencies to where they lie', () => {
  const small = parseLock(
    JSON.stringify({
      packages: {
        'packages/a': { dependencies: { b: '1', own: '1' }, devDependencies: { tool: '1' } },
        'packages/own': { dependencies: { d: '1' } },
        'node_modules/own': { resolved: 'packages/own', link: true },
        'node_modules/b': { license: 'MIT', dependencies: { c: '1' } },
        'node_modules/b/node_modules/c': { license: 'ISC' },
        'node_modules/c': { license: 'AGPL-3.0-only' },
        'node_modules/d': { license: 'MIT', optionalDependencies: { elsewhere: '1' } },
        'node_modules/tool': { license: 'AGPL-3.0-only' },
      },
    }),
  );
  expect(installedWith(small, 'packages/a').sort()).toEqual([
    'node_modules/b',
    'node_modules/b/node_modules/c',
    'node_modules/d',
  ]);
});

it.each(projects)('installs packages under permissive licences alone with %s', (project) => {
  const installed = installedWith(lock, project);
  expect(installed.filter((place) => !isPermissive(lock[place]?.license ?? 'none'))).toEqual([]);
});

it('names every tool of development that is under another licence', () => {
  const tools = Object.entries(copyleftPackages(lock));
  expect(tools.filter(([name]) => !name.startsWith('lightningcss'))).toEqual([
    ['@cloud-copilot/iam-policy', 'AGPL-3.0-or-later'],
    ['@cloud-copilot/iam-simulate', 'AGPL-3.0-or-later'],
    ['@cloud-copilot/iam-utils', 'AGPL-3.0-or-later'],
  ]);
  // Of vite, one for each platform.
  expect(
    new Set(tools.flatMap(([name, license]) => (name.startsWith('l') ? license : []))),
  ).toEqual(new Set(['MPL-2.0']));
});

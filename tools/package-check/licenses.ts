import { z } from 'zod';

const namesSchema = z.record(z.string(), z.string()).default({});

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      license: z.string().default('none'),
      link: z.boolean().default(false),
      resolved: z.string().optional(),
      dependencies: namesSchema,
      optionalDependencies: namesSchema,
    }),
  ),
});

export type Lock = z.infer<typeof lockSchema>['packages'];

/** Licences that let a package be a dependency of ours: none of them asks for ours to change. */
const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

export function parseLock(content: string): Lock {
  return lockSchema.parse(JSON.parse(content)).packages;
}

/** Whether one of the licences that an SPDX expression offers is permissive. */
export function isPermissive(expression: string): boolean {
  return expression
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((license) => permissive.has(license));
}

/** Packages of a lockfile under licences that are not permissive, by name, with the licence. */
export function copyleftPackages(lock: Lock): Record<string, string> {
  return Object.fromEntries(
    Object.entries(lock)
      .filter(([path, { license }]) => isThirdParty(lock, path) && !isPermissive(license))
      .map(([path, { license }]): [string, string] => [nameOf(path), license])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/**
 * What somebody gets who installs a package of this workspace: its dependencies, theirs, and so on.
 *
 * @param start the folder of the package.
 * @returns the places of packages of others.
 */
export function installedWith(lock: Lock, start: string): string[] {
  const seen = new Set<string>();
  const open = [start];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { dependencies, optionalDependencies } = lock[place] ?? lockedAs(place);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = resolve(lock, place, name);
      if (found !== null && !seen.has(found)) {
        seen.add(found);
        open.push(found);
      }
    }
  }
  return [...seen].filter((place) => isThirdParty(lock, place));
}

/** Where Node would find a package; an optional one may be locked for another platform alone. */
function resolve(lock: Lock, from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.replace(/\/?[^/]*$/, '')) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const entry = lock[place];
    if (entry) {
      return entry.link && entry.resolved !== undefined ? entry.resolved : place;
    }
    if (folder === '') {
      return null;
    }
  }
}

function isThirdParty(lock: Lock, place: string): boolean {
  return place.includes('node_modules/') && lock[place]?.link === false;
}

function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function lockedAs(place: string): never {
  throw new Error(`${place} is not in the lockfile.`);
}

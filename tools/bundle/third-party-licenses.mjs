import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Licences under which others' code may be part of a bundle: all let it be given on with their text. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
]);

/**
 * The licences of the packages that are part of a bundle, as their terms ask for beside it.
 *
 * @param inputs paths of the bundled files.
 * @returns the text of a file, in the order of the packages' names, each text once.
 * @throws {Error} when a package has another licence than the allowed ones.
 */
export async function thirdPartyLicenses(inputs) {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== null));
  const packages = await Promise.all([...folders].map(readPackage));
  // Many have the same text, and one package may lie in two places in the same version.
  const titles = new Map();
  for (const { title, text } of packages.sort((a, b) => (a.title < b.title ? -1 : 1))) {
    titles.set(text, (titles.get(text) ?? new Set()).add(title));
  }
  const sections = [...titles].map(([text, names]) => `${[...names].join('\n')}\n\n${text}\n`);
  return [
    'Parts of the following packages are in this folder. Their licences:\n',
    ...sections,
  ].join(`\n${'-'.repeat(78)}\n`);
}

/** The folder of the innermost package that a file belongs to; null for our own. */
function packageFolder(file) {
  return /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? null;
}

async function readPackage(folder) {
  const { name, version, license, author } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  if (!allowed.has(license)) {
    throw new Error(`${name} ${version} has the licence ${license}, which no bundle may hold.`);
  }
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  const text = file
    ? (await readFile(join(folder, file), 'utf8')).trim()
    : `Copyright ${author?.name ?? author ?? `the authors of ${name}`}. Terms: https://spdx.org/licenses/${license}`;
  return { title: `${name} ${version} (${license})`, text };
}

import { deepStrictEqual as equal, match, ok } from 'node:assert/strict';
import type { Checkout } from './checkout.ts';
import type { Release } from './expectations.ts';
import type { Registry } from './registry.ts';

/** Publishes all packages for the first time, and checks that the registry has them. */
export async function rehearseFirst(checkout: Checkout, registry: Registry): Promise<string> {
  await checkout.publishFirst();
  const versions = await versionsOf(checkout);
  equal(await published(registry, versions), versions);
  return `${Object.keys(versions).length} packages are published: ${describe(versions)}`;
}

/**
 * Commits a change, releases, and checks that exactly the packages that it reaches have new versions,
 * in their manifests, ranges, changelogs, tags and in the registry.
 */
export async function rehearseRelease(
  checkout: Checkout,
  registry: Registry,
  release: Release,
): Promise<string> {
  const before = await versionsOf(checkout);
  await checkout.change(release.project, release.message);
  await checkout.release();

  const manifests = await checkout.manifests();
  const versions = await versionsOf(checkout);
  equal(versions, release.versions);
  equal(await published(registry, versions), versions);

  const bumped = Object.keys(versions).filter((name) => versions[name] !== before[name]);
  equal(
    await checkout.tagsAtHead(),
    bumped.map((name) => `@openevolve-aws/${name}@${versions[name]}`).sort(),
  );
  for (const [name, { dependencies, peerDependencies, devDependencies }] of manifests) {
    for (const [kin, range] of Object.entries({
      ...dependencies,
      ...peerDependencies,
      ...devDependencies,
    })) {
      const version = versions[kin.replace('@openevolve-aws/', '')];
      ok(version === undefined || range === `^${version}`, `${name} takes ${kin} ${range}`);
    }
  }

  const [, breaking] = /BREAKING CHANGE: (.*)$/m.exec(release.message) ?? [];
  const subject = release.message.replace(/^.*?: (.*)(\n[\s\S]*)?$/, '$1');
  for (const [name, version] of Object.entries(versions)) {
    const folder = ['cli', 'entrypoint', 'infra'].includes(name) ? 'apps' : 'packages';
    const changelog = await checkout.changelog(`${folder}/${name}`);
    if (!bumped.includes(name)) {
      ok(!changelog.includes(subject), `${name} was not changed, and its changelog says so`);
    } else {
      match(changelog, new RegExp(`^#+ \\[?${version.replaceAll('.', '\\.')}\\b`, 'm'));
      const isChanged = release.project.endsWith(`/${name}`);
      ok(changelog.includes(isChanged ? subject : 'Updated '), `${name}: ${changelog}`);
      ok(!isChanged || breaking === undefined || changelog.includes(breaking), changelog);
    }
  }
  equal(await checkout.status(), '');
  ok(await checkout.lockfileFits(), 'the lockfile is not what npm would make of the manifests');
  return `'${release.message.split('\n')[0]}' released ${describe(pick(versions, bumped))}`;
}

async function versionsOf(checkout: Checkout): Promise<Record<string, string>> {
  const manifests = await checkout.manifests();
  return Object.fromEntries([...manifests].map(([name, { version }]) => [name, version]));
}

async function published(
  registry: Registry,
  versions: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const entries = Object.keys(versions).map(
    async (name): Promise<[string, string]> => [
      name,
      await registry.latest(`@openevolve-aws/${name}`),
    ],
  );
  return Object.fromEntries(await Promise.all(entries));
}

function pick(versions: Readonly<Record<string, string>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, versions[name] ?? 'none']));
}

function describe(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

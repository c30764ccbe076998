// `npm run release:rehearsal`: a release, the next two, and users of them, with a registry of their own on
// this machine. Nothing leaves it, and nothing of the checkout or of the user's home is changed.
import { deepStrictEqual as equal, ok } from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Checkout } from './checkout.ts';
import { CommandUser } from './command-user.ts';
import { releases } from './expectations.ts';
import { machineVariables, makePlace, type Place } from './place.ts';
import { type Registry, startRegistry } from './registry.ts';
import { rehearseFirst, rehearseRelease } from './releases.ts';
import { runToEnd } from './run.ts';
import { rehearseSdk } from './sdk-user.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const begun = Date.now();

function say(sentence: string): void {
  console.log(`${String(Math.round((Date.now() - begun) / 1000)).padStart(4)} s  ${sentence}`);
}

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const place = await makePlace();
let registry: Registry | undefined;
try {
  registry = await startRegistry(await place.newFolder('registry'));
  await rehearse(place, registry);
  say('passed');
} finally {
  registry?.stop();
  if (values.keep) {
    say(`left in ${place.folder}`);
  } else {
    await place.dispose();
  }
}

async function rehearse(place: Place, registry: Registry): Promise<void> {
  say(`a registry without our packages is at ${registry.url}`);
  const where = async (name: string, home: string) => ({
    cwd: await place.newFolder(name),
    env: await place.variables(registry.url, home),
  });

  const checkout = await Checkout.clone(root, await where('repository', 'maintainer'));
  say('what is committed is cloned and installed');
  say(await rehearseFirst(checkout, registry));
  const [breaking, fix] = releases;

  const user = new CommandUser(await where('user', 'home'));
  const first = await registry.latest('@openevolve-aws/cli');
  say(await user.install(first));
  say(await user.bringNode());
  equal(await user.version(), first);
  say(await user.quickstart());
  const jobs = await user.readJobs();
  say(await user.infra());

  say(await rehearseRelease(checkout, registry, breaking));
  say(await rehearseSdk(await where('sdk-user', 'sdk-home'), join(root, 'examples')));
  say(await rehearseRelease(checkout, registry, fix));

  const last = await registry.latest('@openevolve-aws/cli');
  say(await user.install(last));
  equal(await user.version(), last);
  equal(await user.readJobs(), jobs);
  for (const jobId of jobs.keys()) {
    await user.resume(jobId, 65);
  }
  say(`after the upgrade the job of ${first} reads as before, and goes on`);

  say(componentsOf(await checkout.sbom()));
  say(await audit());
}

/** What a release says of the parts of its packages. */
function componentsOf(sbom: string): string {
  const { components } = z
    .object({
      bomFormat: z.literal('CycloneDX'),
      components: z.array(
        z.object({ purl: z.string(), licenses: z.array(z.unknown()).optional() }),
      ),
    })
    .parse(JSON.parse(sbom));
  const purls = components.map(({ purl }) => purl);
  // A package, a dependency of one, and a part of a bundle.
  for (const part of ['%40openevolve-aws/cli@', '%40aws-sdk/client-batch@', 'clipanion@']) {
    ok(
      purls.some((purl) => purl.startsWith(`pkg:npm/${part}`)),
      `the SBOM does not name ${part}`,
    );
  }
  return `the SBOM names ${components.length} components`;
}

/** Known weaknesses of what users install, where the machine's registry tells them. */
async function audit(): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(
    { cwd: root, env: machineVariables() },
    'npm',
    ...['audit', '--omit=dev', '--audit-level=high'],
  );
  if (stderr.includes('audit endpoint returned an error')) {
    return 'npm audit: not available, since this registry does not answer it';
  }
  equal(code, 0, stdout);
  return 'npm audit: nothing of high severity';
}

import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { actionlint, zizmor } from './checkers.ts';
import { breaches } from './house-rules.ts';

const root = join(import.meta.dirname, '../..');
const workflows = globSync('{.github,examples/*/.github}/workflows/*.yml', { cwd: root }).map(
  (file) => join(root, file),
);

// actionlint is built the first time.
beforeAll(() => actionlint(workflows), 600_000);

describe('the workflows', () => {
  it('are those of the repository and of its examples', () => {
    expect(workflows.map((file) => file.slice(root.length + 1)).sort()).toEqual([
      '.github/workflows/ci.yml',
      '.github/workflows/image.yml',
      '.github/workflows/release.yml',
      'examples/nx-ci-pipeline/.github/workflows/evolve.yml',
    ]);
  });

  it('have nothing that actionlint or shellcheck finds', async () => {
    expect(await actionlint(workflows)).toEqual([]);
  });

  it('have nothing that zizmor finds, and neither has what updates dependencies', async () => {
    const dependabot = globSync('.github/dependabot.yml', { cwd: root });
    const files = [...workflows, ...dependabot.map((file) => join(root, file))];
    expect(await zizmor(files)).toEqual([]);
  });

  it('keep the rules of the house', () => {
    expect(workflows.flatMap((file) => breaches(file, readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('have one version of each action', () => {
    const pins = workflows.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\buses:\s*(\S+)@(\S+)/g)].map(
        ([, action, commit]) => ({ action, commit }),
      ),
    );
    const commits = Map.groupBy(pins, ({ action }) => action);
    const differing = [...commits].filter(
      ([, used]) => new Set(used.map((u) => u.commit)).size > 1,
    );
    expect(differing).toEqual([]);
  });
});

const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';

/** An expression of GitHub's. */
const expression = (name: string) => `\${{ ${name} }}`;

/** A workflow that nothing is wrong with, but for what is put in. */
const workflow = ({
  on = 'push',
  permissions = '{}',
  job = 'timeout-minutes: 5',
  step = 'run: echo 1',
}) => `name: planted
on: ${on}
permissions: ${permissions}
concurrency:
  group: planted-${expression('github.ref')}
  cancel-in-progress: true
jobs:
  planted:
    name: planted
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    ${job}
    steps:
      - ${step}
`;

async function findings(text: string): Promise<string[]> {
  const file = join(await mkdtemp(join(tmpdir(), 'workflow-')), 'planted.yml');
  await writeFile(file, text);
  return [...(await actionlint([file])), ...(await zizmor([file])), ...breaches(file, text)];
}

it('has nothing to say of a workflow that is right', async () => {
  const step = `uses: ${CHECKOUT}\n        with:\n          persist-credentials: false`;
  expect(await findings(workflow({ step }))).toEqual([]);
});

it.each([
  [
    'a title becomes a command',
    { step: `run: echo ${expression('github.head_ref')}` },
    /template-injection/,
  ],
  ['an action is not pinned', { step: 'uses: actions/setup-node@v7' }, /unpinned-uses/],
  [
    'a pin does not say its version',
    { step: `uses: ${CHECKOUT.split(' ')[0]}` },
    /say the version/,
  ],
  ['a token is left in the checkout', { step: `uses: ${CHECKOUT}` }, /artipacked/],
  ['all jobs may do everything', { permissions: 'write-all' }, /excessive-permissions/],
  ['strangers start it with rights', { on: 'pull_request_target' }, /dangerous-triggers/],
  ['a job has no time limit', { job: 'env: {}' }, /time limit/],
  [
    'a variable is misspelt',
    { step: `run: echo ${expression('matrix.nod')}` },
    /"nod" is not defined/,
  ],
  ['a command may remove the root', { step: 'run: rm -rf "$FOLDER/"*' }, /SC2115/],
  [
    'a key is kept',
    { step: `run: echo\n        env:\n          K: ${expression('secrets.K')}` },
    /OIDC/,
  ],
])('finds that %s', async (_, parts, finding) => {
  expect((await findings(workflow(parts))).join('\n')).toMatch(finding);
});

it('does not pass where a checker cannot check', async () => {
  await expect(actionlint(['/nowhere.yml'])).rejects.toThrow();
  await expect(zizmor(['/nowhere.yml'])).rejects.toThrow();
});

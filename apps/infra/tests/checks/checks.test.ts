import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram } from '@openevolve-aws/test-servers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guideConfig, synthesize } from '../synthesize.ts';
import { unsettled } from './findings.ts';

const run = promisify(execFile);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'checks-'));
});
afterEach(() => rm(folder, { recursive: true }));

const config = { ...guideConfig, accessKeys: ['alice'] };

interface NagReport {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

it('cdk-nag finds nothing that is not acknowledged', async () => {
  const app = path.join(import.meta.dirname, 'nag-app.ts');
  await run(
    process.execPath,
    ['--conditions=@openevolve-aws/source', app, JSON.stringify(config)],
    { env: { ...process.env, CDK_OUTDIR: folder } },
  ).catch(() => 'it ends with 1 on any finding, and writes them down');
  const report: NagReport = JSON.parse(
    await readFile(path.join(folder, 'validation-report.json'), 'utf8'),
  );
  const findings = report.pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({ rule: ruleName, where: constructPath })),
    ),
  );
  expect(findings.length).toBeGreaterThan(10);
  expect(unsettled('cdk-nag', findings)).toEqual({ findings: [], needless: [] });
});

it.each([
  ['the guide', {}],
  [
    'private subnets, two groups and keys',
    {
      network: 'private' as const,
      moreUsers: [['carol']],
      accessKeys: ['carol'],
    },
  ],
  ['Identity Center', { signIn: 'identity-center' as const }],
])('cfn-lint finds nothing: %s', async (_, changes) => {
  const files = await Promise.all(
    Object.entries(synthesize(changes)).map(async ([name, template]) => {
      const file = path.join(folder, `${name}.template.json`);
      await writeFile(file, JSON.stringify(template.toJSON()));
      return file;
    }),
  );
  await expect(
    run(pythonProgram('cfn-lint'), ['-r', 'us-east-1', '-t', ...files]),
  ).resolves.toMatchObject({ stdout: '' });
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unsettled } from '../checks/findings.ts';
import { mainTemplate } from '../synthesize.ts';
import { checkov } from './programs.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'checkov-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('checkov finds nothing that is not acknowledged', async () => {
  const file = path.join(folder, 'template.json');
  await writeFile(file, JSON.stringify(mainTemplate({ accessKeys: ['alice'] }).toJSON()));
  const options = ['--framework', 'cloudformation', '--skip-download', '--compact', '-o', 'json'];
  const { stdout } = await run(await checkov(), ['-f', file, ...options, '--soft-fail'], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const { results, summary } = JSON.parse(stdout) as {
    summary: { passed: number; parsing_errors: number };
    results: { failed_checks: { check_id: string; resource: string }[] };
  };
  expect(summary.parsing_errors).toBe(0);
  expect(summary.passed).toBeGreaterThan(100);
  const findings = results.failed_checks.map(({ check_id, resource }) => ({
    rule: check_id,
    where: resource.slice(resource.lastIndexOf('.') + 1),
  }));
  expect(unsettled('checkov', findings)).toEqual({ findings: [], needless: [] });
});

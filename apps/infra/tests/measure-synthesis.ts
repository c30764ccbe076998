import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

// What CloudFormation takes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const MAX_RESOURCES = 500;
const MAX_BYTES = 1_048_576;
const GROUP = 100;

const main = path.join(import.meta.dirname, '../src/main.ts');
const folder = await mkdtemp(path.join(tmpdir(), 'synthesis-'));
const rows = [];
for (const count of [1, 10, 50, 200]) {
  const users = Array.from({ length: count }, (_, index) => `user${index}`);
  const moreUsers = users.length > GROUP ? [users.splice(GROUP)] : [];
  const config = path.join(folder, 'openevolve.config.json');
  await writeFile(
    config,
    JSON.stringify({
      version: 1,
      region: 'us-east-1',
      users,
      moreUsers,
      alertEmail: 'your-email@example.com',
      monthlyBudgetUsd: 200,
      maxVcpus: 256,
    }),
  );
  const output = path.join(folder, String(count));
  const startedAt = performance.now();
  await promisify(execFile)(process.execPath, ['--conditions=@openevolve-aws/source', main], {
    env: { ...process.env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify({ config }) },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  for (const file of (await readdir(output)).filter((name) => name.endsWith('.template.json'))) {
    const content = await readFile(path.join(output, file));
    const resources = Object.keys(JSON.parse(content.toString()).Resources).length;
    rows.push({
      users: count,
      stack: path.basename(file, '.template.json'),
      resources,
      bytes: content.length,
      'seconds of all': Number(seconds.toFixed(1)),
      fits: resources <= MAX_RESOURCES && content.length <= MAX_BYTES,
    });
  }
}
await rm(folder, { recursive: true });
console.table(rows);
process.exitCode = rows.every(({ fits }) => fits) ? 0 : 1;

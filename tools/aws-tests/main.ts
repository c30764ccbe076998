// Submissions through faults and long lists, larger than in `npm test`: [submits] [jobs in the list].
// node --conditions=@openevolve-aws/source tools/aws-tests/main.ts 200 10000
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMicroburst, startMoto } from '@openevolve-aws/test-servers';
import { AwsAccount } from '../../packages/batch-client/tests/aws-account.ts';
import { listManyJobs } from '../../packages/batch-client/tests/list-many-jobs.ts';
import { submitThroughFaults } from '../../packages/batch-client/tests/submit-through-faults.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [submits = 200, longest = 10_000] = positionals.map(Number);

const folder = await mkdtemp(join(tmpdir(), 'aws-tests-'));
const moto = await startMoto();
const microburst = await startMicroburst(moto);
let sound = true;
try {
  await writeFile(join(folder, 'program.py'), '# EVOLVE-BLOCK-START\nx = 1\n');
  await writeFile(join(folder, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
  const { settings } = await AwsAccount.deploy(moto, 'alice');
  Object.assign(process.env, microburst.environment);
  const report = await submitThroughFaults({
    microburst,
    settings,
    owner: 'alice',
    jobs: submits,
    folder,
  });
  console.table([report]);
  sound &&= report.missing + report.twice + report.notListed === 0 && report.lostReplies > 0;

  const sizes = [longest / 4, longest / 2, longest].map(Math.round);
  const lists = [];
  for (const size of sizes) {
    const runs = [await listManyJobs(size), await listManyJobs(size), await listManyJobs(size)];
    const [fastest] = runs.sort((a, b) => a.cpuMs - b.cpuMs);
    lists.push(fastest);
  }
  console.table(lists);
  const [first, , last] = lists;
  // Four times as many jobs may cost little more than four times as much.
  sound &&= last !== undefined && first !== undefined && last.calls <= first.calls * 4.1;
  sound &&= last !== undefined && first !== undefined && last.cpuMs <= first.cpuMs * 6;
} finally {
  await microburst.stop();
  await moto.stop();
  await rm(folder, { recursive: true, force: true });
}
console.log(sound ? 'ok' : 'FAILED');
process.exitCode = sound ? 0 : 1;

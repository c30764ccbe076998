// `npm test`: format, generated files, documents, lint, types, unit tests, Python tests, integration tests
// and kills.
// Nx runs what its cache does not hold; the closing line counts the tests of all suites, those from
// the cache included.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addCounts, type Counts, closingLine, countsOfJunit, countsOfVitest } from './counts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const results = '{docs,{packages,apps}/*}/.test-results/*';
const targets = [
  'lint',
  'typecheck',
  'build',
  'package-check',
  'test',
  'test:python',
  'integration',
  // With new seeds whenever something that they reach has changed.
  'integration:random',
];
const nx = (...args: string[]) => [...args, '--outputStyle=static'];

function run(name: string, program: string, args: readonly string[]): boolean {
  console.log(`\n> ${name}`);
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  if (error) {
    console.error(`${program} could not be started: ${error.message}`);
  }
  return status === 0;
}

// A suite that crashes must not be counted by the file of an earlier run.
for (const file of globSync([results, 'tools/.test-results/*'], { cwd: root })) {
  rmSync(join(root, file));
}
const steps = [
  run('format and general lint', 'biome', ['ci', '--reporter=summary', '.']),
  // One at a time: some measure.
  run(
    'tools and documents',
    'nx',
    nx('run-many', '--projects=tools,docs', '--targets=generated,typecheck,test', '--parallel=1'),
  ),
  run(
    'projects',
    'nx',
    nx('run-many', '--exclude=tools,docs', `--targets=${targets.join(',')}`, '--parallel=2'),
  ),
  // It needs the entrypoint that the projects' build made.
  run('kills at random moments', 'nx', nx('run', 'tools:kills')),
];

const counts = globSync([results, 'tools/.test-results/*'], { cwd: root }).map((file): Counts => {
  const text = readFileSync(join(root, file), 'utf8');
  return file.endsWith('.xml') ? countsOfJunit(text) : countsOfVitest(text);
});
const total = addCounts(counts);
const passed = steps.every(Boolean);
// A step that failed without a failed test (lint, types) counts as one, so the line never lies.
console.log(closingLine(passed || total.failed > 0 ? total : { ...total, failed: 1 }));
process.exitCode = passed && total.failed === 0 && total.passed > 0 ? 0 : 1;

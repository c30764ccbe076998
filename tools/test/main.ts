// `npm test`: generated files, format, lint, types, unit tests, Python tests, integration tests and kills.
// Nx runs what its cache does not hold; the closing line counts the tests of all suites, those from
// the cache included.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addCounts, type Counts, closingLine, countsOfJunit, countsOfVitest } from './counts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const results = '{packages,apps}/*/.test-results/*';
const targets = [
  'lint',
  'typecheck',
  'build',
  'test',
  'test:python',
  'integration',
  // With seeds of their own each time, so never from the cache.
  'integration:random',
];

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
  run('generated files', 'npm', ['run', '--silent', 'generate', '--', '--check']),
  run('types of the tools', 'tsc', ['--project', 'tools']),
  run('tests of the tools', 'vitest', ['run', '--root', 'tools']),
  run('projects', 'nx', [
    'run-many',
    '--targets',
    targets.join(','),
    '--outputStyle=static',
    '--parallel=2',
  ]),
  // It needs the entrypoint that the projects' build made.
  run('kills at random moments', 'vitest', [
    'run',
    '--root',
    'tools',
    '--config',
    'vitest.random.config.ts',
  ]),
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

import { deepStrictEqual as equal, match } from 'node:assert/strict';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, type Where } from './run.ts';

/** Somebody who submits a job from TypeScript, with the SDK and the command from the registry. */
export async function rehearseSdk(where: Where, examples: string): Promise<string> {
  const { cwd } = where;
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await writeFile(
    join(cwd, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2024',
        strict: true,
        // The packages' own types are checked with it.
        skipLibCheck: false,
        types: ['node'],
      },
      files: ['submit.ts'],
    }),
  );
  await copyFile(join(examples, 'submit-from-code', 'submit.ts'), join(cwd, 'submit.ts'));
  for (const file of ['initial_program.py', 'evaluator.py']) {
    await copyFile(join(examples, 'function-minimization', file), join(cwd, file));
  }
  await run(
    where,
    'npm',
    ...['install', '@openevolve-aws/batch-client', '@openevolve-aws/cli'],
    ...['node@24', 'typescript@6.0.3', '@types/node@24'],
  );
  await run(where, 'npx', '--no', 'tsc');
  const stdout = await run(
    where,
    'npx',
    ...['--no', '--', 'node', 'submit.js', 'initial_program.py', 'evaluator.py', 'my-results'],
  );
  match(stdout, /^Job [0-9a-f]{8} of \S+ on local$/m);
  equal((await readdir(join(cwd, 'my-results'))).sort(), [
    'best_program.py',
    'evolution_summary.json',
    'logs',
  ]);
  return 'submitJob, compiled by TypeScript and run, did a job on this machine and brought its results';
}

// The disk that attempts work on, full: a small file system of its own, which only root can mount.
import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobView, SubmittedJob } from '@openevolve-aws/batch-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, until } from './built-command.ts';

const example = fileURLToPath(new URL('../../../examples/function-minimization', import.meta.url));
const ITERATIONS = 24;
const BEFORE = 8;

const mount = (folder: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]).status === 0;
const unmount = (folder: string) => spawnSync('umount', ['--lazy', folder]);

let command: BuiltCommand;
let disk: string;
let isMounted: boolean;

beforeAll(async () => {
  command = await builtCommand();
  await cp(example, command.folder, { recursive: true });
  await mkdir(join(command.folder, 'evaluated'));
  disk = join(command.home, 'batch', 'work');
  await mkdir(disk, { recursive: true });
  isMounted = mount(disk);
});

afterAll(async () => {
  unmount(disk);
  await command.dispose();
});

describe('an evaluator that fills the disk', () => {
  it('ends the attempt with the reason, and the next one goes on from what was saved', async ({
    skip,
  }) => {
    skip(!isMounted, 'a file system can be mounted by root only');
    const evaluator = [
      'import hashlib, os, time',
      `EVALUATED = ${JSON.stringify(join(command.folder, 'evaluated'))}`,
      'def evaluate(path):',
      '    digest = hashlib.sha256(open(path, "rb").read()).hexdigest()',
      '    open(os.path.join(EVALUATED, digest), "w").close()',
      '    time.sleep(0.2)',
      '    filled = os.path.join(EVALUATED, "filled")',
      '    count = len(os.listdir(EVALUATED))',
      `    if count > ${BEFORE} and not os.path.exists(filled):`,
      '        open(filled, "w").close()',
      '        try:',
      '            with open("everything", "wb") as file:',
      '                while True: file.write(bytes(4096)), file.flush()',
      '        except OSError: pass',
      '    return {"combined_score": count}',
      '',
    ];
    await writeFile(join(command.folder, 'fills-disk.py'), evaluator.join('\n'));
    const job = await command.json<SubmittedJob>(
      ...['submit', '--local', '--offline', '--program', 'initial_program.py'],
      ...['--evaluator', 'fills-disk.py', '--vcpus', '2', '--iterations', String(ITERATIONS)],
    );
    const { batch, attempts, progress } = await until(async () => {
      const view = await command.json<JobView>('status', job.jobId, '--local');
      return view.batch.stoppedAt !== null && view;
    });
    expect(attempts[0]?.ended).toMatchObject({
      exitCode: 75,
      reason: expect.stringMatching(/space/i),
    });
    expect(attempts[1]?.resumedFrom?.iterationsDone).toBeGreaterThan(0);
    expect(batch.status).toBe('SUCCEEDED');
    expect(progress?.ledger).toMatchObject({ asked: ITERATIONS, done: ITERATIONS });
  });
});

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobView, ResumedJob, SubmittedJob } from '@openevolve-aws/batch-client';
import type { Summary } from '@openevolve-aws/job-spec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, until } from './built-command.ts';

const example = fileURLToPath(new URL('../../../examples/function-minimization', import.meta.url));

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
  await cp(example, command.folder, { recursive: true });
});

afterAll(() => command.dispose());

const submit = (iterations: number) =>
  command.json<SubmittedJob>(
    'submit',
    '--local',
    '--program',
    'initial_program.py',
    '--evaluator',
    'evaluator.py',
    '--vcpus',
    '2',
    '--iterations',
    String(iterations),
  );
const status = (job: { jobId: string }) => command.json<JobView>('status', job.jobId, '--local');
const ended = (job: { jobId: string }) =>
  until(async () => {
    const view = await status(job);
    return view.batch.stoppedAt !== null && view;
  });
const running = (job: { jobId: string }) =>
  until(async () => ((await status(job)).progress?.ledger.done ?? 0) > 0);

it('goes on with the ledger after it was cancelled, and after it was done', async () => {
  const job = await submit(100_000);
  await running(job);
  await command.json('cancel', job.jobId, '--local');
  const cancelled = await ended(job);
  const before = cancelled.progress?.ledger.done ?? 0;
  expect(before).toBeGreaterThan(0);

  const target = before + 10;
  const resumed = await command.json<ResumedJob>(
    'resume',
    job.jobId,
    '--iterations',
    String(target),
    '--local',
  );
  expect(resumed).toMatchObject({ jobId: job.jobId, submission: 2 });
  const done = await ended(job);
  expect(done.batch.status).toBe('SUCCEEDED');
  expect(done.progress?.ledger).toMatchObject({ asked: target, done: target });
  expect(done.attempts[1]?.resumedFrom?.iterationsDone).toBe(before);
  const byOldId = await command.json<JobView>('status', job.batchJobId, '--local');
  expect(byOldId.batch.batchJobId).toBe(resumed.batchJobId);

  expect((await command.run('resume', job.jobId, '--local')).code).toBe(6);
  await command.json('resume', job.jobId, '--iterations', String(target + 5), '--local');
  const more = await ended(job);
  expect(more.progress?.ledger).toMatchObject({ asked: target + 5, done: target + 5 });
  const output = join(command.folder, 'more');
  const { summary } = await command.json<{ summary: Summary }>(
    'results',
    job.jobId,
    '--output',
    output,
    '--local',
  );
  expect(summary.iterations.completed).toBe(target + 5);
  expect(summary.attempts).toHaveLength(3);
});

it('does more or fewer iterations when a running job is asked to', async () => {
  const job = await submit(100_000);
  await running(job);
  expect((await command.run('resume', job.jobId, '--local')).code).toBe(6);
  const { progress } = await status(job);
  const target = (progress?.ledger.done ?? 0) + 300;
  await command.json('extend', job.jobId, '--iterations', String(target), '--local');
  const done = await ended(job);
  expect(done.batch.status).toBe('SUCCEEDED');
  expect(done.attempts).toHaveLength(1);
  expect(done.progress).toMatchObject({
    ledger: { asked: target, done: target },
    controlled: 1,
  });
  const { code } = await command.run('extend', job.jobId, '--iterations', '9', '--local');
  expect(code).toBe(6);
});

it('passes over the newest commit when it is damaged, and says so', async () => {
  const job = await submit(100_000);
  await until(async () => {
    const { progress } = await status(job);
    return (progress?.lastCommit?.iterationsDone ?? 0) > 0 && (progress?.ledger.done ?? 0) > 20;
  });
  await command.json('cancel', job.jobId, '--local');
  const { progress, outputUri } = await ended(job);
  const output = fileURLToPath(outputUri);
  const newest = progress?.lastCommit?.seq ?? 0;
  const entry = join(output, 'commits', `${String(newest).padStart(12, '0')}.json`);
  const { pack } = JSON.parse(await readFile(entry, 'utf8')) as { pack: { key: string } };
  const bytes = await readFile(join(output, pack.key));
  await writeFile(join(output, pack.key), bytes.fill(0, 10, 200));

  const target = (progress?.ledger.done ?? 0) + 5;
  await command.json('resume', job.jobId, '--iterations', String(target), '--local');
  const done = await ended(job);
  expect(done.batch.status).toBe('SUCCEEDED');
  expect(done.progress?.ledger.done).toBe(target);
  const attempt = done.attempts.at(-1);
  expect(attempt?.skipped).toMatchObject([{ seq: newest }]);
  expect(attempt?.resumedFrom?.commit ?? 0).toBeLessThan(newest);
});

it('ends at once when it is resumed with a damaged input, without a second attempt', async () => {
  const job = await submit(100_000);
  await running(job);
  await command.json('cancel', job.jobId, '--local');
  await ended(job);
  const inputs = join(command.home, 'inputs', 'users');
  const [owner] = await readdir(inputs);
  const program = join(inputs, owner ?? '', job.jobId, 'input', 'initial_program.py');
  await writeFile(program, 'print("something else")\n');
  await command.json('resume', job.jobId, '--local');
  const failed = await ended(job);
  expect(failed.batch).toMatchObject({
    status: 'FAILED',
    attempts: [{ exitCode: 66 }],
    statusReason: expect.stringContaining('input'),
  });
});

it('shows and resumes a job whose progress and attempt records are damaged', async () => {
  const job = await submit(100_000);
  await running(job);
  await command.json('cancel', job.jobId, '--local');
  const cancelled = await ended(job);
  const output = fileURLToPath(cancelled.outputUri);
  await writeFile(join(output, 'progress.json'), '{"version": 1, "job');
  await writeFile(join(output, 'attempts', '1.json'), '');
  const damaged = await status(job);
  expect(damaged.problems).toHaveLength(2);
  expect(damaged.batch.status).toBe('FAILED');

  const target = (cancelled.progress?.ledger.done ?? 0) + 5;
  await command.json('resume', job.jobId, '--iterations', String(target), '--local');
  const done = await ended(job);
  expect(done.batch.status).toBe('SUCCEEDED');
  expect(done.progress?.ledger.done).toBe(target);
});

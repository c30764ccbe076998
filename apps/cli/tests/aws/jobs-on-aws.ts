import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Explanation, JobView, ListedJob, SubmittedJob } from '@openevolve-aws/batch-client';
import type { Summary } from '@openevolve-aws/job-spec';
import type { Server } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, until } from '../built-command.ts';
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts';
import { writeGuideFiles } from './guide-files.ts';

/** Few workers, so that a job can be met while it runs. */
const files = [
  ...['--program', 'initial_program.py', '--evaluator', 'evaluator.py'],
  ...['--vcpus', '2', '--workers', '2'],
];

/** A job's whole life with the built command on AWS, with S3 from a server. */
export function jobsOnAws(name: string, startS3?: () => Promise<Server>): void {
  describe(`a job on AWS, with S3 from ${name}`, () => {
    let aws: AwsStandIn;
    let command: BuiltCommand;
    let job: SubmittedJob;

    beforeAll(async () => {
      aws = await startAwsStandIn(startS3);
      command = await builtCommand({ ...aws.variables, ...aws.endpoints, ...aws.credentials });
      await writeGuideFiles(command.folder);
    });
    afterAll(async () => {
      await command?.dispose();
      await aws?.stop();
    });

    it('shows before it is submitted what would be, and writes nothing', async () => {
      const { code, stdout } = await command.run(
        ...['submit', ...files, '--env', 'TOKEN=hidden', '--dry-run'],
      );
      expect(code).toBe(0);
      expect(stdout).toMatch(/ initial_program\.py\n/);
      const call = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('}') + 1));
      expect(call).toMatchObject({
        jobQueue: 'openevolve-prod-queue',
        jobDefinition: 'openevolve-prod-job-alice',
        shareIdentifier: 'alice',
        tags: { Owner: 'alice' },
      });
      expect(stdout).not.toContain('hidden');
      expect(await command.json('list')).toEqual([]);
      expect(aws.batch.jobs.size).toBe(0);
    });

    it('is submitted once, however often that is repeated', async () => {
      const again = ['submit', ...files, '--iterations', '12', '--idempotency-key', 'experiment-1'];
      job = await command.json<SubmittedJob>(...again);
      expect(await command.json<SubmittedJob>(...again)).toMatchObject({
        jobId: job.jobId,
        batchJobId: job.batchJobId,
      });
      expect(aws.batch.jobs.size).toBe(1);
    });

    it('is followed to its end, with its result as exit code', async () => {
      const { code, stdout } = await command.run('logs', job.batchJobId, '--follow');
      expect(stdout.match(/ Iteration \d+ \(/g)).toHaveLength(12);
      expect(code).toBe(0);
    });

    it('is shown, listed and explained', async () => {
      const view = await command.json<JobView>('status', job.batchJobId);
      expect(view.batch).toMatchObject({ status: 'SUCCEEDED', owner: 'alice' });
      expect(view.progress?.ledger).toMatchObject({ asked: 12, done: 12 });
      const { stdout } = await command.run('status', job.jobId);
      expect(stdout).toMatch(/Iterations {3}: 12 of 12 done/);
      expect(stdout).toMatch(/Spent {8}: \$0\.\d+, \d+ tokens/);
      expect(stdout).toMatch(/attempt 1 ended with 12 iterations, none lost/);
      const listed = await command.json<ListedJob[]>('list', 'SUCCEEDED');
      expect(listed.map(({ jobId }) => jobId)).toEqual([job.jobId]);
      expect(await command.json<Explanation>('explain', job.jobId)).toMatchObject({
        code: 'DONE',
        sentence: expect.stringContaining('12 of 12 iterations'),
      });
    });

    it('is sound to the last hash', async () => {
      const { code, stdout } = await command.run('verify', job.jobId);
      expect(stdout).toContain(`Job ${job.jobId} is sound`);
      expect(code).toBe(0);
    });

    it('leaves the results that the guide promises, and replaces nothing', async () => {
      const target = join(command.folder, 'my-results');
      await command.json('results', job.batchJobId, '--output', target);
      const names = await readdir(target);
      expect(names.sort()).toEqual(['best_program.py', 'evolution_summary.json', 'logs']);
      const summary = await readFile(join(target, 'evolution_summary.json'), 'utf8');
      expect((JSON.parse(summary) as Summary).iterations.completed).toBe(12);
      const again = await command.run('results', job.batchJobId, '--output', target);
      expect(again.stderr).toMatch(/not empty.*--force/);
      expect(again.code).toBe(6);
      await rm(target, { recursive: true });
      const { checkpoints } = await command.json<{ checkpoints: string[] }>(
        ...['results', job.batchJobId, '--checkpoints', 'latest', '--output', target],
      );
      expect(checkpoints).toEqual(['checkpoint_12']);
      expect(await readdir(join(target, 'checkpoints', 'checkpoint_12'))).toContain(
        'metadata.json',
      );
    });

    it('loses its machine and goes on, as its timeline says', async () => {
      const long = await command.json<SubmittedJob>('submit', ...files, '--iterations', '200');
      await until(async () => {
        const { progress } = await command.json<JobView>('status', long.jobId);
        return (progress?.ledger.done ?? 0) >= 1;
      });
      await aws.batch.takeMachine(long.batchJobId, 30);
      expect((await command.run('logs', long.jobId, '--follow')).code).toBe(0);
      const view = await command.json<JobView>('status', long.jobId);
      expect(view.batch.attempts).toHaveLength(2);
      expect(view.attempts[0]?.ended).toMatchObject({ exitCode: 75, iterationsLost: 0 });
      expect(view.progress?.ledger.done).toBe(200);
      const all = await command.run('logs', long.jobId, '--all');
      expect(all.stdout.match(/ Iteration \d+ \(/g)).toHaveLength(200);
      const first = await command.run('logs', long.jobId, '--attempt', '1');
      expect(all.stdout.startsWith(first.stdout)).toBe(true);
      const { stdout } = await command.run('status', long.jobId);
      expect(stdout).toMatch(/attempt 1 ended with \d+ iterations, none lost: /);
      expect(stdout).toMatch(/attempt 2 began, from commit \d+ with \d+ iterations/);
    });

    it('is cancelled with its work saved, and resumed for more', async () => {
      const endless = await command.json<SubmittedJob>('submit', ...files, '--iterations', '90000');
      await until(async () => {
        const { progress } = await command.json<JobView>('status', endless.jobId);
        return (progress?.ledger.done ?? 0) >= 1;
      });
      await command.json('cap', endless.jobId, '--max-usd', '3');
      const { code, stdout } = await command.run('cancel', endless.batchJobId);
      expect(stdout).toContain('is being cancelled; it was RUNNING');
      expect(code).toBe(0);
      const { batch, progress } = await command.json<JobView>('status', endless.jobId);
      expect(batch.status).toBe('FAILED');
      expect(progress?.lossWindow.iterations).toBe(0);
      const done = progress?.ledger.done ?? 0;
      await command.json('resume', endless.jobId, '--iterations', String(done + 5));
      expect((await command.run('logs', endless.jobId, '--follow')).code).toBe(0);
      const after = await command.json<JobView>('status', endless.jobId);
      expect(after.progress?.ledger.done).toBe(done + 5);
    });
  });
}

// The quickstart's job in the image, against a real S3 server.
import { join } from 'node:path';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BatchJobs, startBatchJobs } from './batch-jobs.ts';
import { imageName, OLDEST } from './build-image.ts';
import { removeContainers } from './container.ts';
import { submitJob } from './stored-job.ts';

const example = join(import.meta.dirname, '../../examples/function-minimization');
const quickstart = {
  program: join(example, 'initial_program.py'),
  evaluator: join(example, 'evaluator.py'),
};
/** How long a machine gives a container after SIGTERM. */
const GRACE_SECONDS = 30;

let batch: BatchJobs;

beforeAll(async () => {
  batch = await startBatchJobs();
});

afterAll(async () => {
  await removeContainers();
  await batch.stop();
});

it.each([
  ['the next container', imageName('slim')],
  ['the newest image, after it began in the oldest', OLDEST],
])('a job that SIGTERM interrupts goes on in %s to its results', async (_where, before) => {
  const job = await submitJob(batch.bucket, { ...quickstart, iterations: 60, latencyMs: 100 });
  const began = performance.now();
  const first = batch.start(job, { image: before });
  await first.wrote(/ Iteration 1 /);
  const started = seconds(began);
  await first.wrote(/ Iteration 10 /);
  const asked = performance.now();
  await first.stop(GRACE_SECONDS);
  expect(await first.exitCode).toBe(75);
  console.log(`first iteration after ${started} s; from SIGTERM to the end ${seconds(asked)} s`);

  const second = batch.start(job, { image: imageName('slim') });
  expect(await second.exitCode, second.output()).toBe(0);
  const [interrupted, done] = await job.attempts();
  expect(interrupted?.ended).toMatchObject({ how: 'interrupted', exitCode: 75, iterationsLost: 0 });
  expect(done?.resumedFrom?.iterationsDone, second.output()).toBe(
    interrupted?.ended?.iterationsDone,
  );
  expect(await job.summary()).toMatchObject({
    iterations: { asked: 60, completed: 60 },
    outcome: 'iterations',
  });
  expect(await job.outputs.get(outputKeys.bestProgram('.py'))).not.toHaveLength(0);
});

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

// Programs in other languages, and packages that a job brings: what the image has, a job can use.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type BatchJobs, startBatchJobs } from './batch-jobs.ts';
import { imageName } from './build-image.ts';
import { removeContainers } from './container.ts';
import { submitJob } from './stored-job.ts';

const programs = join(import.meta.dirname, 'programs');

let batch: BatchJobs;

beforeAll(async () => {
  batch = await startBatchJobs();
});

afterAll(async () => {
  await removeContainers();
  await batch.stop();
});

it.each([
  ['C++', '.cpp', 'cpp'],
  ['Rust', '.rs', 'rust'],
  ['Perl', '.pl', 'perl'],
])('%s programs evolve and keep their extension', async (_name, extension, language) => {
  const job = await submitJob(batch.bucket, {
    program: join(programs, `curve${extension}`),
    evaluator: join(programs, 'evaluator.py'),
    iterations: 20,
    config: { language, file_suffix: extension, evaluator: { cascade_evaluation: false } },
  });
  const container = batch.start(job, { image: imageName('full') });
  expect(await container.exitCode, container.output()).toBe(0);
  const { initial, best } = await job.summary();
  expect(best?.file).toBe(`best_program${extension}`);
  expect(best?.score).toBeGreaterThan(initial?.score ?? Number.POSITIVE_INFINITY);
  const evolved = Buffer.from(await job.outputs.get(outputKeys.bestProgram(extension)));
  const source = await readFile(join(programs, `curve${extension}`));
  expect(evolved.equals(source)).toBe(false);
});

it("a job's requirements.txt is installed, and what it builds sees no secret", async () => {
  const packages = await servePackage();
  const job = await submitJob(batch.bucket, {
    program: join(import.meta.dirname, 'hostile/program.py'),
    evaluator: join(programs, 'uses_package.py'),
    requirements: 'job-extra==1.0\n',
    iterations: 1,
    vcpus: 1,
    env: { PIP_INDEX_URL: packages },
  });
  const container = batch.start(job, { image: imageName('slim') });
  expect(await container.exitCode, container.output()).toBe(0);
  expect((await job.summary()).best?.score).toBe(42);
});

/** A package index of one package, built from source on the machine that installs it. */
async function servePackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packages-'));
  const archive = join(folder, 'job_extra-1.0.tar.gz');
  const source = join(programs, 'job_extra-1.0');
  await promisify(execFile)('tar', ['-czf', archive, '-C', programs, basename(source)]);
  const content = await readFile(archive);
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      request.url === '/job-extra/' ? '<a href="/f/job_extra-1.0.tar.gz">1</a>' : content,
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return `http://127.0.0.1:${address.port}/`;
}

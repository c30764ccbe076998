import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore, ObjectStoreError } from '@openevolve-aws/object-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { memoryBackend } from '../../tests/memory-backend.ts';
import type { Backend } from '../backend.ts';
import { makeSubmission } from './make-submission.ts';
import { planSubmission, type SubmitRequest } from './plan-submission.ts';
import { submitPlan } from './submit-job.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'submit-job-'));
  await writeFile(join(folder, 'program.py'), '# EVOLVE-BLOCK-START\n');
  await writeFile(join(folder, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function plan(backend: Backend, config?: string, changes: Partial<SubmitRequest> = {}) {
  const path = join(folder, 'config.yaml');
  await writeFile(path, config ?? '');
  return planSubmission(backend, {
    owner: 'alice',
    program: join(folder, 'program.py'),
    evaluator: join(folder, 'evaluator.py'),
    ...(config === undefined ? {} : { config: path }),
    vcpus: 1,
    model: { kind: 'provider' },
    ...changes,
  });
}

/** A store whose replies to creations are lost once each, after they were carried out. */
class ForgetfulStore extends MemoryStore {
  override async putIfAbsent(key: string, body: Uint8Array): Promise<void> {
    await super.putIfAbsent(key, body);
    // What a client that repeats a call after a lost reply gets.
    throw new ObjectStoreError('ALREADY_EXISTS', `${key} is there`);
  }
}

const contents = async (store: Backend['inputs']) => {
  const found: Record<string, string> = {};
  for await (const { key } of store.list('')) {
    found[key] = new TextDecoder().decode(await store.get(key));
  }
  return found;
};

it('leaves the inputs of another job with the same id alone', async () => {
  const backend = memoryBackend();
  const first = await plan(backend);
  await submitPlan(backend, first);
  const before = await contents(backend.inputs);
  await writeFile(join(folder, 'program.py'), '# another program\n');
  const second = await plan(backend);
  const collision = { ...second, job: { ...second.job, id: first.job.id } };
  await expect(submitPlan(backend, collision)).rejects.toMatchObject({
    name: 'BatchClientError',
    code: 'CONFLICT',
  });
  expect(await contents(backend.inputs)).toEqual(before);
  expect(backend.submissions).toHaveLength(1);
});

it('leaves inputs alone that another submission with the same id has just begun to write', async () => {
  const backend = memoryBackend();
  const ours = await plan(backend);
  const key = `users/alice/${ours.job.id}/input/initial_program.py`;
  await backend.inputs.put(key, new TextEncoder().encode('another'));
  await expect(submitPlan(backend, ours)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await contents(backend.inputs)).toEqual({ [key]: 'another' });
});

it('keeps what a job may spend, and nothing where no limit is named', async () => {
  const limits = {
    maxUsd: 5,
    maxTokens: 1_000_000,
    prices: { 'a-model': { prompt: 0.3, completion: 2.5 } },
    maxOutageSeconds: 3_600,
  };
  expect((await plan(memoryBackend(), undefined, limits)).job).toMatchObject(limits);
  expect((await plan(memoryBackend())).job.maxUsd).toBeUndefined();
  await expect(plan(memoryBackend(), undefined, { maxUsd: 0 })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('maxUsd'),
  });
});

it('takes what it wrote itself for done when the replies were lost', async () => {
  const backend = memoryBackend({ inputs: new ForgetfulStore() });
  const { jobId } = await submitPlan(backend, await plan(backend));
  expect(backend.submissions).toMatchObject([{ jobId, submission: 1 }]);
});

it('hands a submission over once when two make the same one', async () => {
  const backend = memoryBackend();
  const { job } = await plan(backend);
  await makeSubmission(backend, job, 2, 0);
  await expect(makeSubmission(backend, job, 2, 1)).rejects.toMatchObject({
    name: 'BatchClientError',
    code: 'CONFLICT',
  });
  expect(backend.submissions).toHaveLength(1);
});

it.each(['yes', 'on', 'True'])('reads %s in a config as OpenEvolve does', async (word) => {
  const { files } = await plan(memoryBackend(), `diff_based_evolution: ${word}\n`);
  expect(files.map(({ key }) => key)).toContain('config.yaml');
});

it.each([
  ['an alias that leads nowhere', 'log_level: *missing\n'],
  [
    'aliases that expand without end',
    `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[...'bcdefg'].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdef'[index]}`).join(', ')}]`).join('\n')}\n`,
  ],
  ['text that is no YAML', 'a: [\n'],
])('refuses a config with %s', async (_, config) => {
  await expect(plan(memoryBackend(), config)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(/config.*is not valid YAML: /),
  });
});

it.each([
  ['llm:\n  api_key: sk-a-key-in-plain-text\n', 1],
  ['llm:\n  models:\n    - name: a\n      api_key: sk-a-key-in-plain-text\n', 1],
  [`llm:\n  api_key: \${GEMINI_API_KEY}\n`, 0],
  ['max_iterations: 5\n', 0],
])('warns of a key in plain text: %j', async (config, count) => {
  const { warnings } = await plan(memoryBackend(), config);
  expect(warnings.filter((warning) => warning.includes('plain text'))).toHaveLength(count);
  expect(warnings.join('\n')).not.toContain('sk-a-key');
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { memoryBackend } from '../../tests/memory-backend.ts';
import { planSubmission, type SubmitRequest } from './plan-submission.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'included-files-'));
  const files = {
    'bench/program.rs': '// EVOLVE-BLOCK-START\n',
    'bench/evaluator.py': 'def evaluate(path):\n    return {}\n',
    'bench/helpers.py': 'x = 1\n',
    'bench/data/large/a.csv': '1,2\n',
    'bench/data/.hidden': '',
    'bench/data/__pycache__/helpers.pyc': 'compiled',
    'bench/control/1.json': '{}',
    'outside.csv': '',
    'requirements.txt': 'numpy==2.3.0\n',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const plan = (changes: Partial<SubmitRequest>) =>
  planSubmission(memoryBackend(), {
    owner: 'alice',
    program: at('bench/program.rs'),
    evaluator: at('bench/evaluator.py'),
    vcpus: 1,
    model: { kind: 'provider' },
    ...changes,
  });

it('keeps files where they are relative to the evaluator, without what is hidden or made by Python', async () => {
  const { job } = await plan({ include: [at('bench/helpers.py'), at('bench/data')] });
  expect(Object.keys(job.inputs).sort()).toEqual([
    'data/large/a.csv',
    'evaluator.py',
    'helpers.py',
    'initial_program.rs',
  ]);
});

it('brings a file once that is the evaluator too', async () => {
  const { files } = await plan({ include: [at('bench/evaluator.py'), at('bench/helpers.py')] });
  expect(files.map(({ key }) => key)).toEqual(['initial_program.rs', 'evaluator.py', 'helpers.py']);
});

it('takes requirements, a target, a time limit and variables into the job', async () => {
  const { job } = await plan({
    requirements: at('requirements.txt'),
    targetScore: 0.9,
    timeoutSeconds: 3_600,
    env: { THREADS: '1' },
  });
  expect(job).toMatchObject({
    requirements: 'requirements.txt',
    targetScore: 0.9,
    timeoutSeconds: 3_600,
    env: { THREADS: '1' },
  });
  expect(job.inputs['requirements.txt']?.bytes).toBe(13);
});

it.each<[string, () => Partial<SubmitRequest>, RegExp]>([
  ['a file outside', () => ({ include: [at('outside.csv')] }), /outside of the evaluator's folder/],
  ['a file that is not there', () => ({ include: [at('bench/x')] }), /does not exist/],
  [
    'names that the service uses',
    () => ({ include: [at('bench/control')] }),
    /used by the service/,
  ],
  ['a variable that steers Python', () => ({ env: { PYTHONPATH: '/x' } }), /set by the service/],
  ['too short a time', () => ({ timeoutSeconds: 5 }), /timeoutSeconds/],
  ['a key that is empty', () => ({ idempotencyKey: '' }), /idempotencyKey/],
])('refuses %s before anything is written', async (_, changes, words) => {
  await expect(plan(changes())).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(words),
  });
});

it('refuses a file that would take the name of the program', async () => {
  await writeFile(at('bench/initial_program.rs'), 'another');
  await expect(plan({ include: [at('bench/initial_program.rs')] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('initial_program.rs is the name of two files'),
  });
});

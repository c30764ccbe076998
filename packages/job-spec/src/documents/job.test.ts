import { expect, it } from 'vitest';
import { jobSchema } from './job.ts';
import { describeIssues } from './parse.ts';

const file = { bytes: 1, sha256: '0'.repeat(64) };
const job = {
  version: 1,
  id: '0a1b2c3d',
  owner: 'alice',
  name: 'first',
  createdAt: '2026-01-01T00:00:00.000Z',
  program: 'initial_program.py',
  evaluator: 'evaluator.py',
  config: 'config.yaml',
  requirements: 'requirements.txt',
  inputs: {
    'initial_program.py': file,
    'evaluator.py': file,
    'config.yaml': file,
    'requirements.txt': file,
    'files/control/1.json': file,
  },
  iterations: 100,
  targetScore: null,
  vcpus: 8,
  memoryMib: 14_000,
  timeoutSeconds: null,
  env: { ENVIRONMENT: 'x', TMP: '/x', EMPTY: '' },
  model: { kind: 'provider' },
};

const problemsOf = (changes: object) => {
  const parsed = jobSchema.safeParse({ ...job, ...changes });
  return parsed.success ? null : describeIssues(parsed.error);
};

it('takes a job whose files are all among its inputs', () => {
  expect(problemsOf({})).toBeNull();
  const { 'config.yaml': _config, 'requirements.txt': _requirements, ...inputs } = job.inputs;
  expect(problemsOf({ config: null, requirements: null, inputs })).toBeNull();
});

it.each(['program', 'evaluator', 'config', 'requirements'])(
  'refuses a job whose %s was not uploaded',
  (field) => {
    expect(problemsOf({ [field]: 'other.txt' })).toBe(
      `${field}: "other.txt" is not among the inputs`,
    );
    // A name that every object has.
    expect(problemsOf({ [field]: 'constructor' })).toContain('is not among the inputs');
  },
);

it.each(['job.json', 'control/1.json', 'submissions/1.json', 'control', 'submissions/a/b'])(
  'refuses an input with the name %j, which the service uses',
  (name) => {
    expect(problemsOf({ inputs: { ...job.inputs, [name]: file } })).toContain(`inputs.${name}: `);
  },
);

it.each(['TMPDIR', 'BASH_ENV', 'ENV', 'PATH', 'LD_PRELOAD', 'PYTHONPATH', 'NODE_OPTIONS'])(
  'refuses the variable %s, which steers what runs',
  (name) => {
    expect(problemsOf({ env: { [name]: 'x' } })).toContain(`env.${name}: `);
  },
);

it('refuses a variable that no process could be started with', () => {
  expect(problemsOf({ env: { NAME: 'a\0b' } })).toBe('env.NAME: a value without NUL characters');
});

it('leaves the number of workers to the run unless one is asked for', () => {
  expect(jobSchema.parse(job)).toMatchObject({ workers: 'auto', evaluationSlots: null });
  expect(problemsOf({ workers: 64, evaluationSlots: 4 })).toBeNull();
  expect(problemsOf({ workers: 0 })).toContain('workers');
  expect(problemsOf({ workers: 'many' })).toContain('workers');
  expect(problemsOf({ evaluationSlots: 0 })).toContain('evaluationSlots');
});

import { expect, it } from 'vitest';
import { jobSchema } from './job.ts';
import { emptyLedger, iterationsLeft, ledgerSchema } from './ledger.ts';
import { parseDocument, serializeDocument } from './parse.ts';
import { submissionSchema } from './submission.ts';

const submission = {
  version: 1 as const,
  number: 1,
  jobId: '0a1b2c3d',
  batchJobName: 'openevolve-alice-0a1b2c3d',
  createdAt: '2026-01-01T00:00:00.000Z',
  afterControl: 0,
};

const file = { bytes: 1, sha256: '0'.repeat(64) };
const job = {
  version: 1,
  id: '0a1b2c3d',
  owner: 'alice',
  name: 'first',
  createdAt: '2026-01-01T00:00:00.000Z',
  program: 'initial_program.rs',
  evaluator: 'evaluator.py',
  config: null,
  requirements: null,
  inputs: { 'initial_program.rs': file, 'evaluator.py': file },
  iterations: 100,
  targetScore: null,
  vcpus: 8,
  memoryMib: 14_000,
  timeoutSeconds: null,
  env: {},
  model: { kind: 'offline', seed: 1 },
};

it('reads back what it wrote', () => {
  const stored = serializeDocument(submission);
  expect(parseDocument(submissionSchema, stored, 'submissions/1.json')).toEqual(submission);
});

it('refuses a document of another version, naming both versions and the place', () => {
  const stored = serializeDocument({ ...submission, version: 2 });
  expect(() => parseDocument(submissionSchema, stored, 'submissions/1.json')).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_VERSION',
      message: expect.stringMatching(/submissions\/1\.json has version 2.*reads version 1/),
    }),
  );
});

it.each(['', '{"version":1', '[]', '{}'])('refuses %j as damaged', (content) => {
  expect(() => parseDocument(submissionSchema, content, 'x')).toThrow(
    expect.objectContaining({ code: 'INVALID_DOCUMENT' }),
  );
});

it.each([
  ['id', '../etc'],
  ['owner', 'a-b'],
  ['program', '../../evil.py'],
  ['program', '/etc/passwd'],
  ['iterations', 0],
  ['iterations', 1e9],
  ['env', { LD_PRELOAD: '/tmp/x.so' }],
  ['env', { AWS_SECRET_ACCESS_KEY: 'x' }],
  ['model', { kind: 'oracle' }],
])('refuses a job whose %s is %j', (field, value) => {
  expect(jobSchema.safeParse(job).success).toBe(true);
  expect(jobSchema.safeParse({ ...job, [field]: value }).success).toBe(false);
});

it('counts what is left from what is done, never from numbers', () => {
  const ledger = { ...emptyLedger(10), done: 4, failed: 1, candidates: 3, lastIteration: 9 };
  expect(ledgerSchema.safeParse(ledger).success).toBe(true);
  expect(iterationsLeft(ledger)).toBe(6);
});

it('refuses a ledger that does not add up', () => {
  const ledger = { ...emptyLedger(10), done: 4, failed: 3, candidates: 3, lastIteration: 4 };
  expect(ledgerSchema.safeParse(ledger).success).toBe(false);
  expect(ledgerSchema.safeParse({ ...ledger, failed: 1, lastIteration: 3 }).success).toBe(false);
});

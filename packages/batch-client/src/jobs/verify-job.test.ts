import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from '@openevolve-aws/object-store';
import { collect, FaultStore } from '@openevolve-aws/object-store/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MemoryBackend, memoryBackend } from '../../tests/memory-backend.ts';
import { saveJob } from '../../tests/saved-job.ts';
import { verifyJob } from './verify-job.ts';

const output = 'users/alice/0a1b2c3d/output';

let folder: string;
let outputs: FaultStore;
let backend: MemoryBackend;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-job-'));
  outputs = new FaultStore(new MemoryStore());
  backend = memoryBackend({ outputs });
  await saveJob(backend, folder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const verify = () => verifyJob(backend, 'alice', '0a1b2c3d');
const keysOf = async (prefix: string) =>
  (await collect(outputs.list(`${output}/${prefix}`))).map(({ key }) => key);

it('finds a job sound whose files are what was committed', async () => {
  const seen: number[] = [];
  const verification = await verifyJob(backend, 'alice', '0a1b2c3d', {
    onCommit: ({ iterationsDone }) => seen.push(iterationsDone),
  });
  expect(verification).toMatchObject({
    jobId: '0a1b2c3d',
    sound: true,
    problems: [],
    commits: [
      { label: 'checkpoint_10', iterationsDone: 10, problem: null },
      { label: 'checkpoint_20', iterationsDone: 20, problem: null },
    ],
  });
  expect(seen).toEqual([10, 20]);
});

it('finds the commit of which a byte has changed, and still checks the others', async () => {
  const [, key = ''] = await keysOf('packs/');
  const bytes = await outputs.get(key);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await outputs.put(key, bytes);
  const { sound, commits } = await verify();
  expect(sound).toBe(false);
  expect(commits.map(({ problem }) => problem === null)).toEqual([true, false]);
});

it('finds an entry of the log that cannot be read: it may have been the newest commit', async () => {
  const newest = (await keysOf('commits/')).at(-1) ?? '';
  await outputs.put(newest, new TextEncoder().encode('{"version": 1'));
  const { sound, problems } = await verify();
  expect(sound).toBe(false);
  expect(problems).toEqual([expect.stringContaining('commits/')]);
});

it('finds a log with a hole, and results without their program', async () => {
  const [, second = ''] = await keysOf('commits/');
  await outputs.delete([second, `${output}/best_program.py`]);
  const { sound, problems } = await verify();
  expect(sound).toBe(false);
  expect(problems).toHaveLength(2);
  expect(problems[1]).toContain('best_program.py');
});

it('takes a store that fails for no finding', async () => {
  outputs.plan = ({ key }) => (key.includes('/packs/') ? 'refuse' : null);
  await expect(verify()).rejects.toMatchObject({ name: 'ObjectStoreError', code: 'UNAVAILABLE' });
});

import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from '@openevolve-aws/object-store';
import { FaultStore } from '@openevolve-aws/object-store/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bestIn, memoryBackend, storeResults } from '../../tests/memory-backend.ts';
import { saveJob } from '../../tests/saved-job.ts';
import { fetchResults, type ResultsProgress } from './fetch-results.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-results-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const fetchInto = (backend: ReturnType<typeof memoryBackend>, directory: string, force = false) =>
  fetchResults(backend, 'alice', '0a1b2c3d', { directory: join(folder, directory), force });
const all = ['best_program.py', 'evolution_summary.json', 'logs'];

it.each([
  ['a folder that is not there', async () => undefined],
  ['an empty folder', async () => mkdir(join(folder, 'results'))],
  [
    'a link to an empty folder',
    async () => {
      await mkdir(join(folder, 'elsewhere'));
      await symlink(join(folder, 'elsewhere'), join(folder, 'results'));
    },
  ],
])('puts the results into %s', async (_, prepare) => {
  const backend = memoryBackend();
  await storeResults(backend);
  await prepare();
  const { files } = await fetchInto(backend, 'results');
  expect([...files].sort()).toEqual([...all.slice(0, 2), 'logs/attempt-1.log']);
  expect((await readdir(join(folder, 'results'))).sort()).toEqual(all);
  expect(await readFile(join(folder, 'results', 'best_program.py'), 'utf8')).toBe('x = 2\n');
});

it('leaves a folder alone that has something in it, unless told otherwise', async () => {
  const backend = memoryBackend();
  await storeResults(backend);
  await mkdir(join(folder, 'results'));
  await writeFile(join(folder, 'results', 'mine'), '');
  await expect(fetchInto(backend, 'results')).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await readdir(join(folder, 'results'))).toEqual(['mine']);
  await fetchInto(backend, 'results', true);
  expect((await readdir(join(folder, 'results'))).sort()).toEqual([...all, 'mine'].sort());
});

it('keeps what came into the folder during the download', async () => {
  const outputs = new MemoryStore();
  const backend = memoryBackend({ outputs });
  await storeResults(backend);
  await mkdir(join(folder, 'results'));
  const download = fetchResults(backend, 'alice', '0a1b2c3d', {
    directory: join(folder, 'results'),
    onFile: () => writeFileSync(join(folder, 'results', 'mine'), 'precious'),
  });
  await expect(download).rejects.toMatchObject({ code: 'CONFLICT', permanent: true });
  expect(await readFile(join(folder, 'results', 'mine'), 'utf8')).toBe('precious');
  expect(await readdir(folder)).toEqual(['results']);
});

it('keeps the working folder, in which a shell may be', async () => {
  const backend = memoryBackend();
  await storeResults(backend);
  const before = process.cwd();
  await mkdir(join(folder, 'working'));
  process.chdir(join(folder, 'working'));
  try {
    await fetchResults(backend, 'alice', '0a1b2c3d', { directory: '.' });
    // The folder that this process is in, whatever its name leads to by now.
    expect((await readdir('/proc/self/cwd')).sort()).toEqual(all);
  } finally {
    process.chdir(before);
  }
});

it('goes on in the working folder where the caller ended it', async () => {
  const backend = memoryBackend();
  await storeResults(backend);
  const before = process.cwd();
  process.chdir(folder);
  try {
    const caller = new AbortController();
    const cut = fetchResults(backend, 'alice', '0a1b2c3d', {
      directory: '.',
      signal: caller.signal,
      onFile: () => caller.abort(),
    });
    await expect(cut).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['.0a1b2c3d-1.part']);
    await fetchResults(backend, 'alice', '0a1b2c3d', { directory: '.' });
    expect((await readdir(folder)).sort()).toEqual(all);
  } finally {
    process.chdir(before);
  }
});

it('refuses a target that is a file', async () => {
  const backend = memoryBackend();
  await storeResults(backend);
  await writeFile(join(folder, 'results'), 'mine');
  await expect(fetchInto(backend, 'results', true)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await readFile(join(folder, 'results'), 'utf8')).toBe('mine');
});

it.each(['../../escaped.py', '/etc/escaped.py', 'a\\b.py', 'logs/../../escaped.py'])(
  'refuses the hostile name %j for good, and writes nothing',
  async (file) => {
    const backend = memoryBackend();
    await storeResults(backend, { best: bestIn(file) });
    await expect(fetchInto(backend, 'results')).rejects.toMatchObject({
      code: 'CONFLICT',
      permanent: true,
      message: expect.stringContaining(JSON.stringify(file)),
    });
    expect(await readdir(folder)).toEqual([]);
  },
);

it('refuses hostile keys that a store lists', async () => {
  const outputs = new MemoryStore();
  const list = outputs.list.bind(outputs);
  outputs.list = async function* (prefix) {
    yield* list(prefix);
    yield { key: `${prefix}../../../../escaped`, bytes: 1 };
  };
  const backend = memoryBackend({ outputs });
  await storeResults(backend);
  await expect(fetchInto(backend, 'results')).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await readdir(folder)).toEqual([]);
});

it.each(['the network', 'the caller'])('goes on where %s ended it', async (who) => {
  const outputs = new FaultStore(new MemoryStore());
  const backend = memoryBackend({ outputs });
  await storeResults(backend);
  const caller = new AbortController();
  const streams = () => outputs.calls.filter(({ method }) => method === 'getStream');
  const before = streams().length;
  if (who === 'the network') {
    outputs.plan = ({ method, key }) =>
      method === 'getStream' && key.endsWith('.json') ? 'refuse' : null;
  }
  const download = () =>
    fetchResults(backend, 'alice', '0a1b2c3d', {
      directory: join(folder, 'results'),
      signal: caller.signal,
      onFile: () => who === 'the caller' && caller.abort(),
    });
  await expect(download()).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['.results.0a1b2c3d-1.part']);
  const whole = await readdir(join(folder, '.results.0a1b2c3d-1.part'), { recursive: true });
  expect(whole.filter((name) => /\.(log|py|json)$/.test(name)).length).toBeGreaterThan(0);

  outputs.plan = () => null;
  const first = streams().length - before;
  const seen: ResultsProgress[] = [];
  await fetchResults(backend, 'alice', '0a1b2c3d', {
    directory: join(folder, 'results'),
    onProgress: (progress) => seen.push(progress),
  });
  expect(streams().length - before - first).toBeLessThan(3);
  const { done, total } = seen.at(-1) ?? {};
  expect(done).toBe(total);
  expect(await readdir(folder)).toEqual(['results']);
  expect((await readdir(join(folder, 'results'))).sort()).toEqual(all);
});

it('needs no submission that the backend still knows', async () => {
  const backend = memoryBackend({ describe: async () => [] });
  await storeResults(backend);
  expect((await fetchInto(backend, 'results')).job.id).toBe('0a1b2c3d');
});

it.each<['latest' | 'all' | number, number[]]>([
  ['latest', [20]],
  ['all', [10, 20]],
  [10, [10]],
])('restores checkpoints as plain folders: %s', async (checkpoints, expected) => {
  const backend = memoryBackend();
  await saveJob(backend, folder);
  const directory = join(folder, 'results');
  const fetched = await fetchResults(backend, 'alice', '0a1b2c3d', { directory, checkpoints });
  const labels = expected.map((number) => `checkpoint_${number}`);
  expect(fetched.checkpoints).toEqual(labels);
  expect(await readdir(join(directory, 'checkpoints'))).toEqual(labels);
  const last = join(directory, 'checkpoints', labels.at(-1) ?? '', 'metadata.json');
  expect(JSON.parse(await readFile(last, 'utf8'))).toEqual({ done: expected.at(-1) });
  expect(await readdir(directory)).toContain('best_program.py');
});

it('restores the checkpoints of a job that has no results yet', async () => {
  const backend = memoryBackend();
  await saveJob(backend, folder);
  await backend.outputs.delete(['users/alice/0a1b2c3d/output/evolution_summary.json']);
  const directory = join(folder, 'results');
  const { summary } = await fetchResults(backend, 'alice', '0a1b2c3d', {
    directory,
    checkpoints: 'latest',
  });
  expect(summary).toBeNull();
  expect(await readdir(directory)).toEqual(['checkpoints']);
});

it('names the checkpoints that there are when it has not the one that is asked for', async () => {
  const backend = memoryBackend();
  await saveJob(backend, folder);
  await expect(
    fetchResults(backend, 'alice', '0a1b2c3d', {
      directory: join(folder, 'results'),
      checkpoints: 15,
    }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('10, 20') });
});

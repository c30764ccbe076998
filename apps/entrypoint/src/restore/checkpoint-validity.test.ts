import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findCheckpointProblem } from './checkpoint-validity.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'validity-'));
  await mkdir(join(directory, 'programs'));
  for (const id of ['a', 'b']) {
    await writeFile(join(directory, 'programs', `${id}.json`), JSON.stringify({ id, code: 'x' }));
  }
  await writeMetadata({});
});
afterEach(() => rm(directory, { recursive: true }));

const writeMetadata = (change: object) =>
  writeFile(
    join(directory, 'metadata.json'),
    JSON.stringify({
      islands: [['a'], ['b']],
      archive: ['a'],
      best_program_id: 'b',
      last_iteration: 7,
      ...change,
    }),
  );

it('finds nothing wrong with a whole checkpoint', async () => {
  expect(await findCheckpointProblem(directory)).toBeNull();
});

it('takes numbers that are not finite as Python writes them', async () => {
  const numbers = '"metrics": {"a": NaN, "b": Infinity, "c": -Infinity}, "code": "\\"NaN"';
  await writeFile(join(directory, 'programs', 'a.json'), `{"id": "a", ${numbers}}`);
  await writeFile(
    join(directory, 'metadata.json'),
    '{"islands": [["a"], ["b"]], "archive": [], "best_program_id": null, "last_iteration": 7, "feature_stats": {"a": {"max": Infinity}}}',
  );
  expect(await findCheckpointProblem(directory)).toBeNull();
  await writeFile(join(directory, 'programs', 'a.json'), `{"id": "a", ${numbers}`);
  expect(await findCheckpointProblem(directory)).toMatch(/a\.json is cut/);
});

it.each<[string, () => Promise<unknown>, RegExp]>([
  ['no metadata', () => rm(join(directory, 'metadata.json')), /metadata\.json is missing/],
  [
    'empty metadata',
    () => writeFile(join(directory, 'metadata.json'), ''),
    /metadata\.json is cut/,
  ],
  [
    'cut metadata',
    () => writeFile(join(directory, 'metadata.json'), '{"islands": [["a"'),
    /metadata\.json is cut/,
  ],
  ['a missing program', () => rm(join(directory, 'programs', 'a.json')), /a\.json is missing/],
  ['no programs', () => rm(join(directory, 'programs'), { recursive: true }), /\.json is missing/],
  [
    'a cut program',
    () => writeFile(join(directory, 'programs', 'a.json'), '{"id": "a", "co'),
    /a\.json is cut/,
  ],
  [
    'a program under another name',
    () => writeFile(join(directory, 'programs', 'a.json'), '{"id": "b"}'),
    /a\.json is cut off or damaged/,
  ],
  [
    'an extra program',
    () => writeFile(join(directory, 'programs', 'c.json'), '{"id": "c"}'),
    /c\.json is in no island/,
  ],
  ['a best program that is not there', () => writeMetadata({ best_program_id: 'z' }), /z\.json/],
])('finds %s before OpenEvolve does not', async (_, damage, sentence) => {
  await damage();
  expect(await findCheckpointProblem(directory)).toMatch(sentence);
});

import { expect, it } from 'vitest';
import {
  controlNumberOfKey,
  formatSeq,
  inputKeys,
  jobPrefixes,
  outputKeys,
  packOfKey,
  seqOfCommitKey,
  submissionOfKey,
  traceSegmentOfKey,
} from './keys.ts';

it("keeps an owner's input and output apart", () => {
  expect(jobPrefixes('alice', '0a1b2c3d')).toEqual({
    input: 'users/alice/0a1b2c3d/input',
    output: 'users/alice/0a1b2c3d/output',
  });
});

it("keeps the program's own extension", () => {
  expect(inputKeys.program('.rs')).toBe('initial_program.rs');
  expect(outputKeys.bestProgram('.R')).toBe('best_program.R');
});

it('makes log keys that sort in the order of their numbers', () => {
  const numbers = [1, 2, 9, 10, 99, 100, 999_999_999_999];
  const keys = numbers.map((seq) => outputKeys.commit(seq));
  expect([...keys].sort()).toEqual(keys);
  expect(keys.map(seqOfCommitKey)).toEqual(numbers);
});

it.each(['commits/1.json', 'commits/000000000001.json.tmp', 'packs/1-1'])(
  'takes %s for no log entry',
  (key) => {
    expect(seqOfCommitKey(key)).toBeNull();
  },
);

it.each([0, -1, 1.5, 1e12])('refuses %d as a sequence number', (seq) => {
  expect(() => formatSeq(seq)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
});

it('reads back the numbers in the keys that it makes, and takes nothing else for one', () => {
  expect(controlNumberOfKey(inputKeys.control(12))).toBe(12);
  expect(traceSegmentOfKey(outputKeys.trace(7, 2))).toEqual({ generation: 7, number: 2 });
  expect(packOfKey(outputKeys.pack(7, 2))).toEqual({ generation: 7, number: 2 });
  for (const key of [
    'control/0.json',
    'control/1.json.tmp',
    'control/x.json',
    'submissions/01.json',
  ]) {
    expect(controlNumberOfKey(key) ?? submissionOfKey(key)).toBeNull();
  }
  expect(traceSegmentOfKey('trace/7.jsonl')).toBeNull();
  for (const key of [
    'packs/7',
    'packs/0-1',
    'packs/07-1',
    'packs/7-0',
    'a/packs/7-1',
    'packs/7-1.',
  ]) {
    expect(packOfKey(key)).toBeNull();
  }
});

it('tells a submission that was claimed from one that became a Batch job', () => {
  expect(submissionOfKey(`a/${inputKeys.submission(3)}`)).toEqual({ number: 3, batchJobId: null });
  const handedOver = inputKeys.handedOver(3, 'abc12345-6789');
  expect(submissionOfKey(handedOver)).toEqual({ number: 3, batchJobId: 'abc12345-6789' });
  expect(submissionOfKey('submissions/3/')).toBeNull();
});

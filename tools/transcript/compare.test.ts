import { expect, it } from 'vitest';
import { problemsOf, shortened } from './compare.ts';

const guideOutput = 'Job short ID : a1b2c3d4\nUser         : alice\n';

it('takes ids for what they are, and nothing else', () => {
  const command = { typed: 'submit', guideOutput };
  const printed = (output: string) => problemsOf(command, { output, exitCode: 0 });
  expect(printed('Job short ID : 00ff00ff\nUser         : alice\n')).toEqual([]);
  expect(printed('Job short ID : 00ff00ff\nUser         : bob\n')).toHaveLength(1);
  expect(printed('Job short ID: 00ff00ff\nUser         : alice\n')).toHaveLength(1);
});

it('names an exit code and an output that are not as they should be', () => {
  const command = { typed: 'status', shows: [/RUNNING/] };
  expect(problemsOf(command, { output: 'FAILED', exitCode: 3 })).toEqual([
    'status ended with 3 and not 0',
    'status does not show /RUNNING/',
  ]);
});

it('shortens what is long, and shows no answer', () => {
  const output = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
  expect(shortened(output).split('\n')).toHaveLength(20);
  expect(shortened('one\ntwo secret\n', ['secret'])).toBe('one\ntwo ...\n');
});

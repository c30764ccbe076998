import { expect, it } from 'vitest';
import { joinValues, syntaxSentence } from './syntax.ts';

it.each([
  [
    ['submit', '--iterations', '-5'],
    ['submit', '--iterations=-5'],
  ],
  [
    ['submit', '--iterations=3', '-5'],
    ['submit', '--iterations=3', '-5'],
  ],
  [
    ['submit', '--json', '--local'],
    ['submit', '--json', '--local'],
  ],
  [
    ['results', '--checkpoints', 'all', 'a1b2c3d4'],
    ['results', '--checkpoints=all', 'a1b2c3d4'],
  ],
  [
    ['results', 'a1b2c3d4', '--checkpoints', '50', '--force'],
    ['results', 'a1b2c3d4', '--checkpoints=50', '--force'],
  ],
  [
    ['results', '--checkpoints', '12345678'],
    ['results', '--checkpoints', '12345678'],
  ],
  [
    ['logs', '-f', 'a1b2c3d4'],
    ['logs', '-f', 'a1b2c3d4'],
  ],
])('reads %j as %j', (words, joined) => {
  expect(joinValues(words)).toEqual(joined);
});

it.each([
  ['Unknown Syntax Error: extraneous', ['sumbit', '--x'], /^There is no command "sumbit"; the/],
  ['Unknown Syntax Error: extraneous', ['users'], /^There is no command "users"; the/],
  [
    'Unsupported option name ("--x")',
    ['users', 'add', '--x'],
    /--x.*'openevolve-aws users add --help'/,
  ],
  ['Not enough positional arguments', ['status'], /^status needs a JOB/],
  ['Not enough positional arguments', ['users', 'add'], /'openevolve-aws users add --help'/],
])('says of %j after %j what to do', (message, words, sentence) => {
  const commands = ['status', 'users add'];
  expect(syntaxSentence(new Error(message), words, commands)).toMatch(sentence);
});

import { expect, test } from 'vitest';
import { userPrompt } from '../../tests/openevolve.ts';
import { readPrompt } from './prompt.ts';

test.each(['diff', 'rewrite'] as const)(
  'a %s prompt gives the program exactly as it stands in it',
  (form) => {
    const program = '"""Run:\n```\n# Task\n```\n"""\n\tx = 1  \n\n';
    const read = readPrompt(
      '',
      userPrompt({ program, form, language: 'cpp', others: ['y = 2', 'z = 3\n'] }),
    );
    expect(read).toEqual({ program, language: 'cpp', form, others: ['y = 2', 'z = 3\n'] });
  },
);

test('a program that quotes the heading is not taken for the current one', () => {
  const quoting = 's = """\n# Current Program\n```\nq = 1\n```\n"""';
  const read = readPrompt('', userPrompt({ program: 'x = 1', others: [quoting] }));
  expect(read?.program).toBe('x = 1');
});

test('the instructions may stand in the system message', () => {
  const user = '# Current Program\n```python\nx = 1\n```\n';
  expect(readPrompt('Use <<<<<<< SEARCH blocks.', user)?.form).toBe('diff');
  expect(readPrompt('', user)).toMatchObject({ form: 'rewrite', program: 'x = 1' });
});

test('a prompt that asks for a review shows no current program', () => {
  expect(readPrompt('', 'Evaluate the following code:\n```python\nx = 1\n```\n')).toBeNull();
});

import { containerExit } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { crashed } from './container.ts';
import { createLog } from './log.ts';

it('shows no key in a crash, whatever the error quotes', () => {
  const lines: string[] = [];
  const log = createLog(['sk-key-0123'], (line) => lines.push(line));
  const error = new TypeError('Bearer sk-key-0123 is no header');
  expect(crashed(error, log)).toBe(containerExit.INTERNAL);
  expect(lines).toEqual([
    expect.stringMatching(/^ERROR .*TypeError: Bearer \*+ is no header.* at /),
  ]);
});

import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function record(secrets: string[]) {
  const lines: string[] = [];
  return { lines, log: createLog(secrets, (line) => lines.push(line)) };
}

it('begins failures with ERROR, one line each', () => {
  const { lines, log } = record([]);
  log.error('first\nsecond');
  expect(lines).toEqual([expect.stringMatching(/^ERROR \S+Z first second$/)]);
});

it('masks secrets in its own lines and in those of other programs', () => {
  const { lines, log } = record(['AIza-key', '']);
  log.info('using AIza-key');
  log.quote('AIza-key and AIza-key');
  expect(lines.join('\n')).not.toContain('AIza-key');
  expect(lines[1]).toBe('| ******** and ********');
});

it('shows what other programs print in a way that can pass for none of its own lines', () => {
  const { lines, log } = record([]);
  log.quote('ERROR 2026-01-01T00:00:00Z forged');
  log.quote('{"_aws": {}}');
  for (const line of lines) {
    expect(line).toMatch(/^\| /);
  }
});

it('hides a secret that it is told later, and does not take a short word for one', () => {
  const { lines, log } = record(['any']);
  log.hide('sk-0123456789');
  log.info('any sk-0123456789');
  expect(lines[0]).toMatch(/any \*{8}$/);
});

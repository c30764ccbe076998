import { expect, it } from 'vitest';
import { containerExit, containerExitCodes } from './container-exit-codes.ts';
import { decideRetry, retryRules } from './retry-rules.ts';

it.each(containerExitCodes.filter(({ action }) => action !== null))(
  'does what the exit-code table says after $code $name',
  ({ code, action }) => {
    expect(decideRetry({ exitCode: code }, 1)).toBe(action);
  },
);

it('goes on after a machine that was taken, whatever the exit code', () => {
  const statusReason = 'Host EC2 (instance i-08784105ffff56b4f) terminated.';
  expect(decideRetry({ statusReason }, 1)).toBe('RETRY');
  expect(decideRetry({ statusReason, exitCode: 137 }, 1)).toBe('RETRY');
});

it('goes on after what no rule knows: kills and lost machines', () => {
  for (const exitCode of [137, 143, undefined]) {
    expect(decideRetry({ exitCode }, 1)).toBe('RETRY');
  }
});

it('ends after a crash', () => {
  expect(decideRetry({ exitCode: 1 }, 1)).toBe('EXIT');
});

it('ends when no attempt is left', () => {
  expect(decideRetry({ exitCode: containerExit.GO_ON }, 9)).toBe('RETRY');
  expect(decideRetry({ exitCode: containerExit.GO_ON }, 10)).toBe('EXIT');
});

it('fits what AWS Batch accepts: five rules, globs with one star at the end', () => {
  expect(retryRules.length).toBeLessThanOrEqual(5);
  for (const { onExitCode = '', onStatusReason = '' } of retryRules) {
    expect(onExitCode).toMatch(/^\d*\*?$/);
    expect(onStatusReason).toMatch(/^[A-Za-z0-9.: ]*\*?$/);
  }
});

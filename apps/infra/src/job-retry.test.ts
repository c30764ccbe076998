import { containerExitCodes } from '@openevolve-aws/job-spec';
import { describe, expect, it } from 'vitest';
import { evaluate, type FailedAttempt, type RetryStrategy } from '../tests/batch-evaluation.ts';
import { mainTemplate, propertiesOf } from '../tests/synthesize.ts';

const strategy: RetryStrategy = propertiesOf(
  mainTemplate(),
  'AWS::Batch::JobDefinition',
  /bob/,
).RetryStrategy;

const exited = 'Essential container in task exited';
const taken = 'Host EC2 (instance i-08784105ffff56b4f) terminated.';

describe('by the rules of the definition, AWS Batch', () => {
  it.each<[string, 'RETRY' | 'EXIT', FailedAttempt]>([
    ['goes on after an interruption', 'RETRY', { exitCode: 75, statusReason: exited }],
    ['goes on after a kill', 'RETRY', { exitCode: 137, statusReason: exited }],
    ['goes on when the machine was taken', 'RETRY', { exitCode: 137, statusReason: taken }],
    ['goes on when the machine was taken without a word', 'RETRY', { statusReason: taken }],
    ['goes on when a taken machine made it crash', 'RETRY', { exitCode: 1, statusReason: taken }],
    ['goes on after SIGTERM', 'RETRY', { exitCode: 143, statusReason: exited }],
    ['goes on after a fault of memory', 'RETRY', { exitCode: 139, statusReason: exited }],
    [
      'goes on when the image could not be pulled',
      'RETRY',
      { statusReason: 'Task failed to start', reason: 'CannotPullContainerError: i/o timeout' },
    ],
    [
      'goes on when the image was not found, ten times',
      'RETRY',
      { statusReason: 'Task failed to start', reason: 'CannotPullContainerError: not found' },
    ],
    ['ends after a crash', 'EXIT', { exitCode: 1, statusReason: exited }],
    ['ends when the time is over', 'EXIT', { exitCode: 137, endedBy: 'timeout' }],
    ['ends when somebody asks', 'EXIT', { exitCode: 143, endedBy: 'request' }],
  ])('%s', (_, action, failed) => {
    expect(evaluate(strategy, failed)).toBe(action);
  });

  it.each(containerExitCodes.filter(({ code }) => code !== 0))(
    'does what the table of exit codes says after $code $name',
    ({ code, action }) => {
      expect(evaluate(strategy, { exitCode: code, statusReason: exited })).toBe(action);
    },
  );

  it('ends after the tenth attempt, whatever it was', () => {
    expect(evaluate(strategy, { exitCode: 75 }, 9)).toBe('RETRY');
    expect(evaluate(strategy, { exitCode: 75 }, 10)).toBe('EXIT');
  });
});

it('stays within what AWS Batch takes: five rules, digits or text with one * at the end', () => {
  expect(strategy.Attempts).toBe(10);
  expect(strategy.EvaluateOnExit.length).toBeLessThanOrEqual(5);
  for (const { OnExitCode, OnStatusReason } of strategy.EvaluateOnExit) {
    expect(OnExitCode ?? '1').toMatch(/^\d+\*?$/);
    expect(OnStatusReason ?? 'Host').toMatch(/^[A-Za-z0-9.: ]+\*?$/);
  }
});

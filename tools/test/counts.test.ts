import { expect, it } from 'vitest';
import { addCounts, closingLine, countsOfJunit, countsOfVitest } from './counts.ts';

const vitestReport = (report: object) =>
  JSON.stringify({
    success: true,
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    ...report,
  });

it('counts a vitest report', () => {
  expect(
    countsOfVitest(
      vitestReport({ success: false, numPassedTests: 3, numFailedTests: 2, numTodoTests: 1 }),
    ),
  ).toEqual({ passed: 3, failed: 2, skipped: 1 });
});

it('counts a suite that could not be loaded as a failure', () => {
  expect(countsOfVitest(vitestReport({ success: false, numPassedTests: 3 })).failed).toBe(1);
});

it('counts a JUnit report, errors as failures', () => {
  const report =
    '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10"></testsuite></testsuites>';
  expect(countsOfJunit(report)).toEqual({ passed: 4, failed: 3, skipped: 3 });
});

it('writes the plain closing line', () => {
  const sum = addCounts([
    { passed: 1, failed: 0, skipped: 2 },
    { passed: 4, failed: 1, skipped: 0 },
  ]);
  expect(closingLine(sum)).toBe('5 passed, 1 failed, 2 skipped');
});

/** Tests of one suite, by how they ended. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface VitestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** Counts of vitest's JSON report. A suite that could not be loaded counts as one failure. */
export function countsOfVitest(report: string): Counts {
  const parsed = JSON.parse(report) as VitestReport;
  const failed = parsed.numFailedTests || (parsed.success ? 0 : 1);
  return {
    passed: parsed.numPassedTests,
    failed,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  };
}

/** Counts of a JUnit report, as pytest writes it: the sums stand in each test suite's tag. */
export function countsOfJunit(report: string): Counts {
  const suites = [...report.matchAll(/<testsuite\s[^>]*>/g)].map(([tag]) => {
    const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
    const failed = number('failures') + number('errors');
    const skipped = number('skipped');
    return { passed: number('tests') - failed - skipped, failed, skipped };
  });
  return addCounts(suites);
}

export function addCounts(all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

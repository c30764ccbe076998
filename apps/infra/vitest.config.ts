import { suite } from '../../vitest.shared.ts';

export default suite('unit', ['src/**/*.test.ts', 'tests/{checks,isolation}/*.test.ts'], {
  // The CDK takes a second to load, and all files need it: they share one process.
  isolate: false,
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
});

import { suite } from '../../vitest.shared.ts';

/** What needs root, Go, or programs that are installed for it. */
export default suite('integration', ['tests/infra/*.test.ts'], {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  fileParallelism: false,
  outputFile: { json: '.test-results/infra.json' },
});

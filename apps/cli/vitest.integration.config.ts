import { suite } from '../../vitest.shared.ts';

export default suite('integration', ['tests/*.integration.test.ts'], {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  fileParallelism: false,
});

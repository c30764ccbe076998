import { suite } from '../../vitest.shared.ts';

// One file after the other: they share one network and two cores.
export default suite('integration', ['**/*.spec.ts'], {
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
});

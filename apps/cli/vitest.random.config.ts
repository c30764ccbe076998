import { suite } from '../../vitest.shared.ts';

export default suite('random', ['tests/*.random.test.ts'], {
  testTimeout: 240_000,
  hookTimeout: 120_000,
});

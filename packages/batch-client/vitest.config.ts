import { suite } from '../../vitest.shared.ts';

export default suite('unit', ['{src,tests}/**/*.test.ts'], {
  testTimeout: 20_000,
  hookTimeout: 20_000,
});

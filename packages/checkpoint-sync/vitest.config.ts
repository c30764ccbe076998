import { suite } from '../../vitest.shared.ts';

export default suite('unit', ['src/**/*.test.ts'], { testTimeout: 60_000 });

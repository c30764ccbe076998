import { suite } from '../../vitest.shared.ts';

export default suite('unit', ['src/**/*.test.ts']);

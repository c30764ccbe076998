import { configDefaults } from 'vitest/config';
import { suite } from '../vitest.shared.ts';

export default suite('unit', ['**/*.test.ts'], {
  exclude: [...configDefaults.exclude, '**/*.random.test.ts'],
});

import { configDefaults } from 'vitest/config';
import { suite } from '../../vitest.shared.ts';

export default suite('unit', ['{src,tests}/**/*.test.ts'], {
  exclude: [...configDefaults.exclude, '**/*.servers.test.ts'],
});

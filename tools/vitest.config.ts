import { configDefaults } from 'vitest/config';
import { suite } from '../vitest.shared.ts';

export default suite('unit', ['**/*.test.ts'], {
  // The checks of documents are the project docs', so that a changed document runs them alone.
  exclude: [...configDefaults.exclude, '**/*.random.test.ts', 'docs/**'],
});

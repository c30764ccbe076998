import { suite } from '../../vitest.shared.ts';

export default suite('unit', ['*.test.ts'], {
  // Among the results of the project that the documents are.
  outputFile: { json: '../../docs/.test-results/unit.json' },
});

import { join } from 'node:path';
import { suite } from '../../vitest.shared.ts';

// One project at a time: the one in the current folder, where its results go as well.
export default suite('unit', ['*.spec.ts'], {
  outputFile: { json: join(process.cwd(), '.test-results', 'package.json') },
  testTimeout: 60_000,
  hookTimeout: 60_000,
});

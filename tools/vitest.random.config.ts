import { suite } from '../vitest.shared.ts';

export default suite('random', ['**/*.random.test.ts'], { testTimeout: 300_000 });

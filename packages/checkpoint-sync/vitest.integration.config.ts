import { suite } from '../../vitest.shared.ts';

export default suite('integration', ['tests/*.integration.test.ts'], { testTimeout: 300_000 });

import { suite } from '../../vitest.shared.ts';

export default suite('integration', ['tests/**/*.servers.test.ts']);

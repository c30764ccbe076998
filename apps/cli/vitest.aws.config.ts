import { suite } from '../../vitest.shared.ts';

export default suite('integration', ['tests/aws/servers.test.ts'], {
  testTimeout: 180_000,
  hookTimeout: 600_000,
  // Not among the results that `npm test` counts.
  reporters: ['default'],
});

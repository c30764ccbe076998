import { expect, it } from 'vitest';
import { findSecret } from './secrets.ts';

// Put together here, so that no scanner takes this file for a leak.
const secrets = [
  `AKIA${'A1'.repeat(8)}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${'MIIE'.repeat(8)}`,
  `AIza${'x'.repeat(35)}`,
  `sk-${'proj'.repeat(10)}`,
  `npm_${'a'.repeat(36)}`,
  `//registry.example/:_authToken=${'a'.repeat(8)}`,
];

it.each(secrets)('finds %s', (secret) => {
  expect(findSecret(`const key = "${secret}";`)).not.toBeNull();
});

it('takes a name, a pattern or a placeholder for no secret', () => {
  expect(findSecret('AKIA[0-9A-Z]{16} sk-your-key GEMINI_API_KEY npm_config_registry')).toBeNull();
});

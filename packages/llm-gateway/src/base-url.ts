import { LlmGatewayError } from './errors.ts';

/**
 * A provider's base URL, such as `https://api.openai.com/v1`.
 *
 * @throws {LlmGatewayError} `INVALID_CONFIG` when it is none. The message leaves out what may be a
 *   key: user names, passwords and queries.
 */
export function parseBaseUrl(baseUrl: string): URL {
  const url = URL.parse(baseUrl);
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain && /^https?:$/.test(url.protocol)) return url;
  const shown = baseUrl.replace(/[?#].*$/s, '').replace(/^(\w+:\/\/)?.*@/s, '$1');
  throw new LlmGatewayError(
    'INVALID_CONFIG',
    `${JSON.stringify(shown)} is not a provider's base URL. Give one like https://api.openai.com/v1, without user name, query or fragment.`,
    { permanent: true },
  );
}

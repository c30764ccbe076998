import { maxTokensSchema, maxUsdSchema } from '@openevolve-aws/job-spec';
import { optionalNumber } from './flags.ts';

/** The limits that `--max-usd` and `--max-tokens` name; undefined for none. */
export function parseCap(
  maxUsd: string | undefined,
  maxTokens: string | undefined,
): { usd?: number | undefined; tokens?: number | undefined } | undefined {
  const usd = optionalNumber('--max-usd', maxUsd, maxUsdSchema);
  const tokens = optionalNumber('--max-tokens', maxTokens, maxTokensSchema);
  return usd === undefined && tokens === undefined ? undefined : { usd, tokens };
}

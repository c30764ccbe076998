import type { Price } from '@openevolve-aws/job-spec';
import type { TokenCount } from './completion.ts';
import type { Provider } from './providers.ts';

/** What a provider charges, and since when we know. */
export interface PriceTable {
  /** The provider's own list, to check against. */
  readonly source: string;
  /** The day of the newest account of it that was at hand; check before a large cap relies on it. */
  readonly date: string;
  /** The standard tier; the dearer one where it depends on the length of the prompt. */
  readonly models: Readonly<Record<string, Price>>;
}

/**
 * Prices by provider. Discounts (cached prompts, batches) are left out, so that what is counted is
 * never less than what is charged.
 */
export const priceTables: Readonly<Record<Provider['name'], PriceTable>> = {
  gemini: {
    source: 'https://ai.google.dev/gemini-api/docs/pricing',
    date: '2026-10-07',
    models: {
      'gemini-2.5-flash-lite': { prompt: 0.1, completion: 0.4 },
      'gemini-2.5-flash': { prompt: 0.3, completion: 2.5 },
      'gemini-2.5-pro': { prompt: 2.5, completion: 15 },
      'gemini-3.1-pro-preview': { prompt: 4, completion: 18 },
      'gemini-3.5-flash-lite': { prompt: 0.3, completion: 2.5 },
      'gemini-3.5-flash': { prompt: 1.5, completion: 9 },
      'gemini-3.8-flash': { prompt: 1.5, completion: 7.5 },
    },
  },
  openai: {
    source: 'https://platform.openai.com/docs/pricing',
    date: '2026-03-21',
    models: {
      'gpt-4.1': { prompt: 2, completion: 8 },
      'gpt-4.1-mini': { prompt: 0.4, completion: 1.6 },
      'gpt-4.1-nano': { prompt: 0.1, completion: 0.4 },
      'gpt-4o': { prompt: 2.5, completion: 10 },
      'gpt-4o-mini': { prompt: 0.15, completion: 0.6 },
      'gpt-5': { prompt: 1.25, completion: 10 },
      'gpt-5-mini': { prompt: 0.25, completion: 2 },
      'gpt-5-nano': { prompt: 0.05, completion: 0.4 },
      o3: { prompt: 2, completion: 8 },
      'o4-mini': { prompt: 1.1, completion: 4.4 },
    },
  },
};

/** The price of tokens in US dollars. */
export function usdOf({ prompt, completion }: TokenCount, price: Price): number {
  return (prompt * price.prompt + completion * price.completion) / 1_000_000;
}

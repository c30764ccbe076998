import { z } from 'zod';

const count = z.int().min(0);
const usd = z.number().min(0);

/** A model's name, also with the host in front of it where several serve one job. */
const modelNameSchema = z.string().min(1).max(400);

/** US dollars for a million tokens. */
export const priceSchema = z.object({ prompt: usd, completion: usd });

/** Prices by model, which go before the known ones. */
export const pricesSchema = z.record(modelNameSchema, priceSchema);

const amountSchema = z.object({ usd, tokens: count });

/** What one model was used for. `usd` is null when its price is not known: not reported, never 0. */
export const modelSpendSchema = z
  .object({
    calls: count,
    failures: count,
    promptTokens: count,
    completionTokens: count,
    usd: usd.nullable(),
  })
  .refine(({ calls, failures }) => failures <= calls, {
    path: ['failures'],
    message: 'are some of the calls',
  });

/**
 * What was spent on models over all attempts.
 *
 * `models` holds what providers counted. `estimated` was charged at its most, since no count came
 * back. `reserved` may have been spent by the time its writer is killed: calls under way, and under a
 * cap what may be spent before the next record. The next attempt counts it as estimated.
 */
export const spendSchema = z.object({
  models: z.record(modelNameSchema, modelSpendSchema),
  estimated: amountSchema,
  reserved: amountSchema,
});

/** What a job may spend. */
export const maxUsdSchema = z
  .number()
  .positive('more than 0 dollars')
  .max(1_000_000, 'at most 1000000 dollars');
export const maxTokensSchema = z
  .int('a whole number of tokens')
  .min(1, 'at least 1 token')
  .max(1_000_000_000_000, 'at most 1000000000000 tokens');

export type Price = z.output<typeof priceSchema>;
/** An amount of money and tokens; dollars are 0 where no price is known. */
export type Amount = z.output<typeof amountSchema>;
export type ModelSpend = z.output<typeof modelSpendSchema>;
export type Spend = z.output<typeof spendSchema>;

/**
 * The dollars of a record, with what was charged at its most; null when the price of a model that
 * was used is not known.
 *
 * @example
 * usdSpent({ models: {}, estimated: { usd: 0, tokens: 0 }, reserved: { usd: 0, tokens: 0 } }); // 0
 */
export function usdSpent({ models, estimated }: Spend): number | null {
  return Object.values(models).reduce<number | null>(
    (sum, model) => (sum === null || model.usd === null ? null : sum + model.usd),
    estimated.usd,
  );
}

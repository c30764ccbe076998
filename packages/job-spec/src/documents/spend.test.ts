import { expect, it } from 'vitest';
import { controlSchema } from './control.ts';
import { emptyLedger, ledgerSchema } from './ledger.ts';
import { type Spend, usdSpent } from './spend.ts';

const spend: Spend = {
  models: {
    a: { calls: 3, failures: 1, promptTokens: 100, completionTokens: 10, usd: 0.5 },
    b: { calls: 1, failures: 0, promptTokens: 100, completionTokens: 10, usd: 0.25 },
  },
  estimated: { usd: 0.1, tokens: 50 },
  reserved: { usd: 9, tokens: 1 },
};

it('adds up what was spent, without what is only reserved', () => {
  expect(usdSpent(spend)).toBeCloseTo(0.85, 9);
});

it('does not know the dollars when the price of one model is not known', () => {
  const unpriced = { calls: 1, failures: 0, promptTokens: 1, completionTokens: 1, usd: null };
  expect(usdSpent({ ...spend, models: { ...spend.models, c: unpriced } })).toBeNull();
});

it('is a part of a ledger that those of older releases do not have', () => {
  expect(ledgerSchema.parse(emptyLedger(10))).not.toHaveProperty('spend');
  expect(ledgerSchema.parse({ ...emptyLedger(10), spend }).spend).toEqual(spend);
});

it.each([
  ['more failures than calls', { calls: 1, failures: 2 }],
  ['negative dollars', { usd: -1 }],
  ['half a token', { promptTokens: 0.5 }],
])('has no %s', (_what, wrong) => {
  const models = { a: { ...spend.models.a, ...wrong } };
  expect(ledgerSchema.safeParse({ ...emptyLedger(10), spend: { ...spend, models } }).success).toBe(
    false,
  );
});

it('has a cap that may be changed for dollars, for tokens, or both, but not to nothing', () => {
  const control = (request: object) =>
    controlSchema.safeParse({
      version: 1,
      number: 1,
      at: '2026-01-01T00:00:00Z',
      request: { kind: 'cap', ...request },
    }).success;
  expect([{ usd: 5 }, { tokens: 10 }, { usd: 5, tokens: 10 }].every(control)).toBe(true);
  expect([{ usd: 0 }, { usd: -1 }, { tokens: 0 }, { tokens: 1.5 }].some(control)).toBe(false);
});

import type { Spend } from '@openevolve-aws/job-spec';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type Cap, Spending, totalOf } from './spending.ts';

const price = { prompt: 1, completion: 2 };
const never = new AbortController().signal;
const noCap: Cap = { usd: null, tokens: null };
/** At most 3 dollars and 2 million tokens. */
const call = { prompt: 1_000_000, completion: 1_000_000 };

function spendingUnder(cap: Cap, earlier: Spend | null = null, recordMayEnd = Promise.resolve()) {
  const reached: string[] = [];
  const records: Spend[] = [];
  const spending: Spending = new Spending({
    cap,
    earlier,
    record: async () => {
      const spend = spending.snapshot();
      await recordMayEnd;
      records.push(spend);
      spending.recorded(spend);
    },
    onCapReached: (message) => reached.push(message),
  });
  return { spending, reached, records };
}

test('what is counted is what the provider counted, by model', async () => {
  const { spending } = spendingUnder(noCap);
  const first = await spending.reserve('a', call, price, never);
  first.counted({ prompt: 500_000, completion: 250_000 });
  (await spending.reserve('a', call, price, never)).refused();
  (await spending.reserve('b', call, price, never)).counted({ prompt: 1, completion: 0 }, true);
  expect(spending.snapshot()).toEqual({
    models: {
      a: { calls: 2, failures: 1, promptTokens: 500_000, completionTokens: 250_000, usd: 1 },
      b: { calls: 1, failures: 1, promptTokens: 1, completionTokens: 0, usd: 0.000001 },
    },
    estimated: { usd: 0, tokens: 0 },
    reserved: { usd: 0, tokens: 0 },
  });
});

test('a price that is not known makes the dollars unknown, never 0, and the tokens still count', async () => {
  const { spending } = spendingUnder(noCap);
  (await spending.reserve('a', call, null, never)).counted({ prompt: 5, completion: 6 });
  expect(spending.snapshot().models.a).toMatchObject({
    usd: null,
    promptTokens: 5,
    completionTokens: 6,
  });
  await expect(
    spendingUnder({ usd: 1, tokens: null }).spending.reserve('a', call, null, never),
  ).rejects.toMatchObject({ code: 'PRICE_UNKNOWN', permanent: true });
  await spendingUnder({ usd: null, tokens: 1e9 }).spending.reserve('a', call, null, never);
});

test('a call that was certainly not charged makes no dollars unknown', async () => {
  const { spending } = spendingUnder(noCap);
  (await spending.reserve('a', call, null, never)).refused();
  expect(spending.snapshot().models.a?.usd).toBe(0);
  (await spending.reserve('a', call, null, never)).uncounted(true);
  expect(spending.snapshot().models.a?.usd).toBeNull();
});

test('a call without a count is charged at its most', async () => {
  const { spending } = spendingUnder(noCap);
  (await spending.reserve('a', call, price, never)).uncounted(true);
  expect(spending.snapshot()).toMatchObject({
    models: { a: { calls: 1, failures: 1, usd: 0 } },
    estimated: { usd: 3, tokens: 2_000_000 },
  });
});

test('what was reserved when a process was killed counts as spent in the next one', async () => {
  const before = spendingUnder(noCap).spending;
  (await before.reserve('a', call, price, never)).counted({ prompt: 1_000_000, completion: 0 });
  await before.reserve('a', call, price, never);
  const killed = before.snapshot();
  expect(killed.reserved).toEqual({ usd: 3, tokens: 2_000_000 });
  const after = spendingUnder(noCap, killed).spending.snapshot();
  expect(after.models).toEqual(killed.models);
  expect(after).toMatchObject({ estimated: { usd: 3, tokens: 2_000_000 }, reserved: { usd: 0 } });
});

test('under a cap no call is made that the last record does not allow for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { spending, records } = spendingUnder({ usd: 1_000, tokens: null }, null, promise);
  const begun = vi.fn();
  const calls = [1, 2].map(() => spending.reserve('a', call, price, never).then(begun));
  await new Promise((tick) => setTimeout(tick, 20));
  expect(begun).not.toHaveBeenCalled();
  resolve();
  await Promise.all(calls);
  // Calls that come together share one record.
  expect(records[0]?.reserved.usd).toBeCloseTo(6 + 10, 6);
  expect(records).toHaveLength(1);
});

test('near the cap a call waits until those under way have shown what they cost', async () => {
  const { spending, reached } = spendingUnder({ usd: 5, tokens: null });
  const first = await spending.reserve('a', call, price, never);
  const second = spending.reserve('a', call, price, never);
  const begun = vi.fn();
  void second.then(begun);
  await new Promise((tick) => setTimeout(tick, 20));
  expect(begun).not.toHaveBeenCalled();
  first.counted({ prompt: 1_000_000, completion: 0 });
  (await second).counted({ prompt: 1_000_000, completion: 500_000 });
  expect(reached).toEqual([]);
  await expect(spending.reserve('a', call, price, never)).rejects.toMatchObject({
    code: 'JOB_ENDING',
  });
  await expect(spending.reserve('a', call, price, never)).rejects.toThrow();
  expect(reached).toEqual([expect.stringMatching(/\$3\.0000 of \$5 .* \$3\.0000/)]);
});

test('tokens have a cap of their own, also where no price is known', async () => {
  const { spending, reached } = spendingUnder({ usd: null, tokens: 3_000_000 });
  (await spending.reserve('a', call, null, never)).counted(call);
  await expect(spending.reserve('a', call, null, never)).rejects.toMatchObject({
    code: 'JOB_ENDING',
  });
  expect(reached).toEqual([expect.stringContaining('2000000 of 3000000 tokens')]);
});

test('a cap that is raised lets go on who waits', async () => {
  const { spending } = spendingUnder({ usd: 5, tokens: null });
  await spending.reserve('a', call, price, never);
  const waiting = spending.reserve('a', call, price, never);
  spending.setCap({ usd: 50, tokens: null });
  await waiting;
});

test('a wait ends when the client goes away, and when the job ends', async () => {
  const { spending } = spendingUnder({ usd: 5, tokens: null });
  await spending.reserve('a', call, price, never);
  const abort = new AbortController();
  const gone = spending.reserve('a', call, price, abort.signal);
  abort.abort();
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
  const held = spending.reserve('a', call, price, never);
  spending.close();
  await expect(held).rejects.toMatchObject({ code: 'JOB_ENDING' });
  expect(spending.snapshot().reserved).toEqual({ usd: 3, tokens: 2_000_000 });
});

test('a call whose client has gone is never begun', async () => {
  const { spending } = spendingUnder(noCap);
  await expect(spending.reserve('a', call, price, AbortSignal.abort())).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(spending.snapshot().reserved.tokens).toBe(0);
});

test('a record that fails is tried again', async () => {
  let failures = 1;
  const spending: Spending = new Spending({
    cap: { usd: 100, tokens: null },
    earlier: null,
    record: async () => {
      if (failures-- > 0) throw new Error('the store is away');
      spending.recorded(spending.snapshot());
    },
    onCapReached: () => undefined,
  });
  await expect(spending.reserve('a', call, price, never)).resolves.toBeDefined();
});

test('more models than any config has are refused: their names would fill the log', async () => {
  const { spending } = spendingUnder(noCap);
  for (let model = 0; model < 64; model++) {
    const reservation = await spending.reserve(`m${model}`, call, price, never);
    // Those under way count too.
    if (model % 2 === 0) reservation.refused();
  }
  await expect(spending.reserve('one-more', call, price, never)).rejects.toThrow(/Use fewer/);
  await spending.reserve('m0', call, price, never);
});

/** What happens to one call: how much of its most it takes, or that the process is killed. */
const event = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
);

test('through any kills the cap is never passed, and what is recorded is never less than what was charged', async () => {
  let begun = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 120 }), async (events) => {
      const cap = { usd: 40, tokens: null };
      let durable: Spend | null = null;
      let charged = 0;
      let underWay: { share: number; settle: () => void }[] = [];
      const start = () => {
        const one: Spending = new Spending({
          cap,
          earlier: durable,
          record: async () => {
            const spend = one.snapshot();
            durable = structuredClone(spend);
            one.recorded(spend);
          },
          onCapReached: () => undefined,
        });
        return one;
      };
      let spending = start();
      for (const { kind, ...rest } of events) {
        if (kind === 'call') {
          const share = 'share' in rest ? rest.share : 0;
          const abort = new AbortController();
          const wait = spending.reserve('a', call, price, abort.signal);
          const reservation = await Promise.race([
            wait.catch(() => null),
            new Promise<null>((tick) => setTimeout(() => tick(null), 2)),
          ]);
          if (reservation) {
            begun += 1;
            // The provider charges as soon as it is asked, whether or not anybody hears of it.
            const usage = { prompt: Math.floor(share * 1e6), completion: Math.floor(share * 1e6) };
            charged += (usage.prompt + 2 * usage.completion) / 1e6;
            underWay.push({ share, settle: () => reservation.counted(usage) });
          } else {
            abort.abort();
            await wait.catch(() => undefined);
          }
        } else if (kind === 'settle') {
          underWay.shift()?.settle();
        } else {
          underWay = [];
          spending = start();
        }
        expect(charged).toBeLessThanOrEqual(cap.usd + 1e-9);
        const known = spendingUnder(cap, durable).spending.snapshot();
        expect(totalOf(known).usd + known.reserved.usd + 1e-9).toBeGreaterThanOrEqual(charged);
      }
    }),
    { numRuns: 40 },
  );
  expect(begun).toBeGreaterThan(100);
}, 30_000);

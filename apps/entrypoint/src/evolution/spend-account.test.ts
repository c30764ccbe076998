import { claimJob, JobLog } from '@openevolve-aws/checkpoint-sync';
import { emptyLedger } from '@openevolve-aws/job-spec';
import { planModels, providers, startGateway } from '@openevolve-aws/llm-gateway';
import { MemoryStore } from '@openevolve-aws/object-store';
import { afterEach, expect, it, vi } from 'vitest';
import { SpendAccount } from './spend-account.ts';

afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

async function account() {
  const store = new MemoryStore();
  const session = await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  const llm = { api_base: 'http://127.0.0.1:9/v1', api_key: 'any', primary_model: 'm' };
  const outageLimitMs = 1_000;
  const gateway = await startGateway({
    token: 'token',
    plan: planModels({ llm }, { provider: providers.gemini, keys: new Map(), outageLimitMs }),
    offline: null,
    cap: { usd: null, tokens: null },
    prices: {},
    outageLimitMs,
    earlier: null,
    record: async () => undefined,
    onFailure: () => undefined,
    onEnd: () => undefined,
  });
  const failures: unknown[] = [];
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const kept = new SpendAccount({
    session,
    spending: gateway.spending,
    committed: () => ({ ...emptyLedger(10), done: 4, lastIteration: 4 }),
    onFailure: (error) => failures.push(error),
  });
  const call = async () => {
    const atMost = { prompt: 10, completion: 10 };
    const reservation = await gateway.spending.reserve('m', atMost, null, never);
    reservation.counted({ prompt: 3, completion: 2 });
  };
  const entries = async () => (await JobLog.open(store)).lastSeq;
  return { kept, call, session, entries, failures, close: () => gateway.close() };
}

it('tells the log of the money and says of iterations what the last commit says', async () => {
  const { kept, call, session, close } = await account();
  await call();
  await kept.record();
  expect(session.state.ledger).toMatchObject({
    done: 4,
    tokens: { prompt: 3, completion: 2 },
    spend: { models: { m: { calls: 1, promptTokens: 3, completionTokens: 2, usd: null } } },
  });
  await close();
});

it('writes an entry every 10 seconds, and none when nothing was spent', async () => {
  const { kept, call, session, entries, close } = await account();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await entries()).toBe(1);
  await call();
  await vi.advanceTimersByTimeAsync(10_000);
  await vi.waitFor(() => expect(session.state.ledger?.tokens.prompt).toBe(3));
  const after = await entries();
  await vi.advanceTimersByTimeAsync(30_000);
  await kept.close();
  expect(await entries()).toBe(after);
  await close();
});

it('is complete at the end', async () => {
  const { kept, call, session, failures, close } = await account();
  await call();
  await kept.close();
  expect(session.state.ledger?.spend?.models.m?.calls).toBe(1);
  expect(failures).toEqual([]);
  await close();
});

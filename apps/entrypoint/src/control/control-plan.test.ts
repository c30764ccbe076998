import { expect, it } from 'vitest';
import { planControl } from './control-plan.ts';

const extend = (number: number, iterations: number) => ({
  number,
  request: { kind: 'extend' as const, iterations },
});
const stop = (number: number) => ({ number, request: { kind: 'stop' as const } });
const commit = (number: number) => ({ number, request: { kind: 'commit' as const } });

const cap = (number: number, limits: { usd?: number; tokens?: number }) => ({
  number,
  request: { kind: 'cap' as const, ...limits },
});
const job = { iterations: 100, maxUsd: 5, timeoutSeconds: null };

it('asks for what the job asks for when nobody asks for anything', () => {
  expect(planControl([], job, 0)).toEqual({
    asked: 100,
    cap: { usd: 5, tokens: null },
    timeoutSeconds: null,
    stop: false,
    commit: false,
    controlled: 0,
  });
});

it('goes by the newest number of iterations, also of requests that were carried out before', () => {
  const requests = [extend(1, 200), extend(2, 150)];
  expect(planControl(requests, job, 0).asked).toBe(150);
  expect(planControl(requests, job, 2)).toMatchObject({ asked: 150, controlled: 2 });
});

it('stops and commits once', () => {
  expect(planControl([commit(1), stop(2)], job, 0)).toMatchObject({ stop: true, commit: true });
  expect(planControl([commit(1), stop(2)], job, 2)).toMatchObject({ stop: false, commit: false });
});

it('goes by the newest cap, which leaves a limit that it does not name', () => {
  const requests = [cap(1, { usd: 10 }), cap(2, { tokens: 1_000 })];
  expect(planControl(requests, job, 0).cap).toEqual({ usd: 10, tokens: 1_000 });
  expect(planControl(requests, job, 2).cap).toEqual({ usd: 10, tokens: 1_000 });
  expect(planControl([], { iterations: 1, timeoutSeconds: null }, 0).cap).toEqual({
    usd: null,
    tokens: null,
  });
});

it('goes by the newest time limit, also one that was set before this submission', () => {
  const requests = [{ number: 1, request: { kind: 'timeout' as const, seconds: 7200 } }];
  expect(planControl(requests, { ...job, timeoutSeconds: 3600 }, 1).timeoutSeconds).toBe(7200);
});

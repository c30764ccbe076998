import { expect, it } from 'vitest';
import { planControl } from './control-plan.ts';

const extend = (number: number, iterations: number) => ({
  number,
  request: { kind: 'extend' as const, iterations },
});
const stop = (number: number) => ({ number, request: { kind: 'stop' as const } });
const commit = (number: number) => ({ number, request: { kind: 'commit' as const } });

it('asks for what the job asks for when nobody asks for anything', () => {
  expect(planControl([], 100, 0)).toEqual({
    asked: 100,
    stop: false,
    commit: false,
    controlled: 0,
  });
});

it('goes by the newest number of iterations, also of requests that were carried out before', () => {
  const requests = [extend(1, 200), extend(2, 150)];
  expect(planControl(requests, 100, 0).asked).toBe(150);
  expect(planControl(requests, 100, 2)).toMatchObject({ asked: 150, controlled: 2 });
});

it('stops and commits once', () => {
  expect(planControl([commit(1), stop(2)], 100, 0)).toMatchObject({ stop: true, commit: true });
  expect(planControl([commit(1), stop(2)], 100, 2)).toMatchObject({ stop: false, commit: false });
});

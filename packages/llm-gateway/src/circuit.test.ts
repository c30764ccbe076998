import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Circuit, type Place } from './circuit.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

function circuitWith(maxInFlight = 4, outageLimitMs = 600_000) {
  const onOutage = vi.fn();
  const circuit = new Circuit({ maxInFlight, outageLimitMs, onOutage, random: () => 0 });
  circuit.join();
  let inside = 0;
  const places: Place[] = [];
  const enter = async (signal = never) => {
    places.push(await circuit.enter(signal));
    inside += 1;
  };
  /** The one that came first goes first. */
  const leave = () => places.shift()?.leave();
  const fail = async (times: number, busy = false, toldMs: number | null = null) => {
    for (let time = 0; time < times; time++) {
      await vi.advanceTimersByTimeAsync(30_000);
      void enter();
      await vi.advanceTimersByTimeAsync(0);
      circuit.failed(busy, toldMs);
      leave();
    }
  };
  return { circuit, onOutage, enter, leave, fail, inside: () => inside };
}

test('only so many calls are at the provider at one time', async () => {
  const { circuit, enter, inside, leave } = circuitWith(2);
  for (let call = 0; call < 3; call++) void enter();
  await vi.advanceTimersByTimeAsync(0);
  expect([inside(), circuit.held]).toEqual([2, 1]);
  leave();
  await vi.advanceTimersByTimeAsync(0);
  expect([inside(), circuit.held]).toEqual([3, 0]);
});

test('a provider that says how long to wait is left alone so long, by all calls', async () => {
  const { circuit, enter, inside, leave } = circuitWith();
  await enter();
  circuit.failed(true, 7_000);
  leave();
  for (let call = 0; call < 3; call++) void enter();
  await vi.advanceTimersByTimeAsync(6_999);
  expect(inside()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(inside()).toBeGreaterThan(1);
});

test('after it asked to wait, half as many calls come back, and one more with each round of good replies', async () => {
  const { circuit, enter, inside, leave } = circuitWith(8);
  for (let call = 0; call < 8; call++) await enter();
  circuit.failed(true, 1_000);
  for (let call = 0; call < 8; call++) leave();
  for (let call = 0; call < 40; call++) void enter();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(inside() - 8).toBe(4);
  const round = async (calls: number) => {
    for (let call = 0; call < calls; call++) {
      circuit.succeeded();
      leave();
      await vi.advanceTimersByTimeAsync(0);
    }
  };
  await round(5);
  expect(inside() - 8).toBe(4 + 5 + 1);
  await round(6);
  expect(inside() - 8).toBe(4 + 5 + 1 + 6 + 1);
});

test('after failures in a row calls are held, and one at a time tries until a reply is good', async () => {
  const { circuit, enter, fail, inside, leave } = circuitWith();
  await fail(4);
  expect(circuit.isOpen).toBe(false);
  await fail(1);
  expect(circuit.isOpen).toBe(true);
  const before = inside();
  for (let call = 0; call < 4; call++) void enter();
  await vi.advanceTimersByTimeAsync(499);
  expect(inside() - before).toBe(0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(inside() - before).toBe(1);
  circuit.succeeded();
  leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(circuit.isOpen).toBe(false);
  // Not all at once.
  expect(inside() - before).toBe(3);
});

test('a good reply in between keeps it closed', async () => {
  const { circuit, enter, fail, leave } = circuitWith();
  for (let round = 0; round < 5; round++) {
    await fail(4);
    await enter();
    circuit.succeeded();
    leave();
  }
  expect(circuit.isOpen).toBe(false);
});

test('an outage that lasts longer than the limit is told once, and not before', async () => {
  const { circuit, onOutage, fail } = circuitWith(4, 300_000);
  const limit = 300_000 / 30_000;
  await fail(limit);
  expect(onOutage).not.toHaveBeenCalled();
  await fail(3);
  expect(onOutage).toHaveBeenCalledOnce();
  expect(circuit.isOpen).toBe(true);
});

test('however long it asks to wait, one last try comes at the limit', async () => {
  const { circuit, enter, inside, leave } = circuitWith(5, 300_000);
  for (let call = 0; call < 5; call++) await enter();
  for (let call = 0; call < 5; call++) {
    circuit.failed(true, 3_600_000);
    leave();
  }
  void enter();
  await vi.advanceTimersByTimeAsync(299_999);
  expect(inside()).toBe(5);
  await vi.advanceTimersByTimeAsync(1);
  expect(inside()).toBe(6);
});

test('who waits is let go when the job ends, or its client does', async () => {
  const { circuit, enter } = circuitWith(1);
  await enter();
  const abort = new AbortController();
  const gone = circuit.enter(abort.signal);
  const held = circuit.enter(never);
  const pausing = circuit.pauseBeforeTry(3, never);
  abort.abort();
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
  circuit.end();
  await expect(held).rejects.toMatchObject({ code: 'JOB_ENDING' });
  await expect(pausing).rejects.toMatchObject({ code: 'JOB_ENDING' });
  await expect(circuit.enter(never)).rejects.toMatchObject({ code: 'JOB_ENDING' });
});

test('a burst of failures is one reason to wait, and not as many as there were calls', async () => {
  const { circuit, enter, inside, leave } = circuitWith(66);
  for (let call = 0; call < 66; call++) await enter();
  for (let call = 0; call < 66; call++) {
    circuit.failed(true, null);
    leave();
  }
  for (let call = 0; call < 66; call++) void enter();
  await vi.advanceTimersByTimeAsync(501);
  expect(inside()).toBe(67);
  circuit.failed(true, null);
  leave();
  await vi.advanceTimersByTimeAsync(501);
  expect(inside()).toBe(67);
  await vi.advanceTimersByTimeAsync(501);
  expect(inside()).toBe(68);
});

test('one that is down and says not to wait is asked ever more seldom all the same', async () => {
  const { circuit, enter, inside, leave } = circuitWith();
  for (let time = 0; time < 5; time++) {
    await enter();
    circuit.failed(true, 0);
    leave();
  }
  void enter();
  await vi.advanceTimersByTimeAsync(400);
  expect(inside()).toBe(5);
  await vi.advanceTimersByTimeAsync(101);
  expect(inside()).toBe(6);
});

test('a clock that is set forward makes no outage', async () => {
  const { circuit, onOutage, fail } = circuitWith();
  await fail(5);
  vi.setSystemTime(Date.now() + 86_400_000);
  circuit.failed(false, null);
  expect(onOutage).not.toHaveBeenCalled();
});

test('calls that hang since before do not keep the next one from trying', async () => {
  const { circuit, enter, leave, inside } = circuitWith(8);
  for (let call = 0; call < 6; call++) await enter();
  for (let call = 0; call < 5; call++) {
    circuit.failed(false, null);
    leave();
  }
  for (let call = 0; call < 3; call++) void enter();
  await vi.advanceTimersByTimeAsync(501);
  // One hangs, and one tries.
  expect(inside()).toBe(7);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(inside()).toBe(7);
});

test('one that gives up at the moment at which it would be let in takes no place', async () => {
  const { circuit, enter, leave, inside } = circuitWith(1);
  await enter();
  const abort = new AbortController();
  const gone = circuit.enter(abort.signal);
  abort.abort();
  leave();
  await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
  void enter();
  await vi.advanceTimersByTimeAsync(0);
  expect(inside()).toBe(2);
});

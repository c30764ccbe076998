import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

/** Tasks that end when told, and what runs of them. */
function manual() {
  const running = new Map<number, () => void>();
  let most = 0;
  const run = async (item: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    running.set(item, resolve);
    most = Math.max(most, running.size);
    await promise;
    running.delete(item);
    return item;
  };
  const finish = (item: number) => running.get(item)?.();
  return { run, finish, running, most: () => most };
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

describe('inOrder', () => {
  it('gives results in the order of the items, whichever task ends first', async () => {
    const { run, finish } = manual();
    const results = all(inOrder([1, 2, 3], 3, run));
    await turn();
    for (const item of [3, 1, 2]) finish(item);
    expect(await results).toEqual([1, 2, 3]);
  });

  it('runs as many as the limit allows, a result that nobody took yet included', async () => {
    const { run, finish, running } = manual();
    const results = inOrder([1, 2, 3, 4], 2, run);
    const first = results.next();
    await turn();
    finish(2);
    await turn();
    expect([...running.keys()]).toEqual([1]);
    finish(1);
    expect((await first).value).toBe(1);
  });

  it('counts weights, and runs what is heavier than the limit by itself', async () => {
    const { run, finish, running } = manual();
    const results = all(
      inOrder(
        [2, 2, 9, 1].entries(),
        4,
        ([at]) => run(at),
        ([, w]) => w,
      ),
    );
    const seen: number[][] = [];
    while (seen.length < 3) {
      await turn();
      seen.push([...running.keys()]);
      for (const item of running.keys()) finish(item);
      await turn();
    }
    expect(seen).toEqual([[0, 1], [2], [3]]);
    expect(await results).toEqual([0, 1, 2, 3]);
  });

  it('takes items lazily, also from a source that is asynchronous', async () => {
    let taken = 0;
    async function* source() {
      for (;;) yield ++taken;
    }
    for await (const result of inOrder(source(), 3, async (item) => item)) {
      if (result === 5) break;
    }
    expect(taken).toBeLessThanOrEqual(9);
  });

  it('ends its source, and only once nothing runs any more, when a task fails', async () => {
    const { run, finish, running } = manual();
    let ended = false;
    async function* source() {
      try {
        yield* [1, 2, 3];
      } finally {
        ended = true;
      }
    }
    const task = (item: number) => (item === 1 ? Promise.reject(new Error('broken')) : run(item));
    const results = all(inOrder(source(), 2, task));
    results.catch(() => undefined);
    await turn();
    expect([...running.keys()]).toEqual([2]);
    expect(ended).toBe(false);
    finish(2);
    await expect(results).rejects.toThrow('broken');
    expect([running.size, ended]).toEqual([0, true]);
  });
});

/**
 * Runs tasks at the same time and gives their results in the order of the items, which are taken
 * lazily. Once it ends, also by an error or an early exit, nothing runs any more.
 *
 * @param limit of the weights of what runs or waits to be taken; one task runs whatever it weighs.
 * @param weigh each weighs 1 by default, so that `limit` is their number.
 * @example
 * for await (const body of inOrder(keys, 8, (key) => store.get(key))) use(body);
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  run: (item: T) => Promise<R>,
  weigh: (item: T) => number = () => 1,
): AsyncGenerator<R> {
  const running: { readonly task: Promise<R>; readonly weight: number }[] = [];
  let load = 0;
  const source =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  try {
    let next = await source.next();
    for (;;) {
      while (!next.done) {
        const weight = weigh(next.value);
        if (running.length > 0 && load + weight > limit) break;
        const task = run(next.value);
        // It is awaited in its turn; a rejection before that is not an unhandled one.
        task.catch(() => undefined);
        running.push({ task, weight });
        load += weight;
        next = await source.next();
      }
      const oldest = running[0];
      if (!oldest) return;
      yield await oldest.task;
      running.shift();
      load -= oldest.weight;
    }
  } finally {
    await Promise.allSettled(running.map(({ task }) => task));
    await source.return?.();
  }
}

/**
 * Runs up to `limit` tasks at the same time and gives their results in the order of the items,
 * which are taken lazily. Once it ends, also by an error or an early exit, nothing runs any more.
 *
 * @example
 * for await (const body of inOrder(keys, 8, (key) => store.get(key))) use(body);
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  limit: number,
  run: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  const source = items[Symbol.iterator]();
  const start = (): void => {
    const next = source.next();
    if (next.done) return;
    const task = run(next.value);
    // It is awaited in its turn; a rejection before that is not an unhandled one.
    task.catch(() => undefined);
    running.push(task);
  };
  for (let started = 0; started < limit; started++) start();
  try {
    for (let task = running.shift(); task; task = running.shift()) {
      yield await task;
      start();
    }
  } finally {
    await Promise.allSettled(running);
  }
}

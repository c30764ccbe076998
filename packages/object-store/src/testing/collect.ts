/**
 * All that an async iterable gives.
 *
 * @example
 * const objects = await collect(store.list('packs/'));
 */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

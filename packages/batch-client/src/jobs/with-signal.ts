import { isStoreError, type ObjectStore } from '@openevolve-aws/object-store';
import type { Backend } from '../backend.ts';
import { BatchClientError } from '../errors.ts';

/**
 * A backend whose calls the signal ends, those of its stores included. What must not be left half
 * way, such as handing a submission over, goes to the backend itself.
 */
export function withSignal(backend: Backend, signal: AbortSignal | undefined): Backend {
  if (signal === undefined) {
    return backend;
  }
  const call = { signal };
  return {
    kind: backend.kind,
    inputs: storeWithSignal(backend.inputs, signal),
    outputs: storeWithSignal(backend.outputs, signal),
    inputUri: (key) => backend.inputUri(key),
    outputUri: (key) => backend.outputUri(key),
    submit: (submission) => backend.submit(submission, call),
    describe: (ids) => backend.describe(ids, call),
    idsInState: (status) => backend.idsInState(status, call),
    find: (name) => backend.find(name, call),
    terminate: (id, reason) => backend.terminate(id, reason, call),
    interrupt: (id, noticeSeconds) => backend.interrupt(id, noticeSeconds, call),
    logs: (id, request) => backend.logs(id, { ...request, signal }),
    explainWait: (id) => backend.explainWait(id, call),
  };
}

function storeWithSignal(store: ObjectStore, signal: AbortSignal): ObjectStore {
  const call = { signal };
  return {
    get: (key) => inOurWords(store.get(key, call)),
    getRange: (key, range) => inOurWords(store.getRange(key, range, call)),
    getStream: (key) => eachInOurWords(store.getStream(key, call)),
    put: (key, body) => inOurWords(store.put(key, body, call)),
    putStream: (key, body) => inOurWords(store.putStream(key, body, call)),
    putIfAbsent: (key, body) => inOurWords(store.putIfAbsent(key, body, call)),
    size: (key) => inOurWords(store.size(key, call)),
    list: (prefix, options) => eachInOurWords(store.list(prefix, { ...options, signal })),
    delete: (keys) => inOurWords(store.delete(keys, call)),
    putTags: (key, tags) => inOurWords(store.putTags(key, tags, call)),
    getTags: (key) => inOurWords(store.getTags(key, call)),
  };
}

function inOurWords<T>(result: Promise<T>): Promise<T> {
  return result.catch(toOurs);
}

async function* eachInOurWords<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pieces;
  } catch (error) {
    toOurs(error);
  }
}

/** A caller is told in one way that its signal ended what it asked for, whatever was at it. */
function toOurs(error: unknown): never {
  if (isStoreError(error, 'ABORTED')) {
    throw new BatchClientError('ABORTED', 'Interrupted by its caller.', { cause: error });
  }
  throw error;
}

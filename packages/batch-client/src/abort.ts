import { setTimeout as delay } from 'node:timers/promises';
import { BatchClientError } from './errors.ts';

/** @throws {BatchClientError} `ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new BatchClientError('ABORTED', 'Interrupted by its caller.', { cause: signal.reason });
  }
}

/** @throws {BatchClientError} `ABORTED` as soon as the signal fires. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  throwIfAborted(signal);
}

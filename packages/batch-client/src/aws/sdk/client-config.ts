import type { CallOptions } from '../../backend.ts';
import { type AwsService, awsError } from '../aws-errors.ts';
import { repeating } from '../repeating.ts';

export interface ClientConfig {
  readonly region: string;
}

/**
 * How every client is made. The SDK tries each call once: what may be repeated, and for how long, is
 * decided in one place, {@link repeating}.
 */
export function clientConfig({ region }: ClientConfig) {
  return {
    region,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    },
  };
}

type Send<T> = (options: { abortSignal?: AbortSignal }) => Promise<T>;

/** Calls of one service: repeated while that may help, with failures in words. */
export function caller(service: AwsService, { region }: ClientConfig) {
  const call = async <T>(action: string, { signal }: CallOptions, send: Send<T>): Promise<T> => {
    try {
      return await send(signal ? { abortSignal: signal } : {});
    } catch (error) {
      throw awsError(error, { service, action, region });
    }
  };
  return {
    /** For what changes nothing, or the same thing however often it is asked for. */
    repeated: <T>(action: string, options: CallOptions = {}, send: Send<T>) =>
      repeating(() => call(action, options, send), options),
    /** For what must not be asked for twice. */
    single: <T>(action: string, options: CallOptions = {}, send: Send<T>) =>
      call(action, options, send),
  };
}

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { throwIfAborted } from '../errors.ts';
import type { CallOptions } from '../object-store.ts';
import { s3Error } from './s3-errors.ts';

const CONNECTION_TIMEOUT_MS = 5_000;
/** Without a byte in either direction. A large body may take as long as it needs. */
const IDLE_TIMEOUT_MS = 10_000;
/** The engine reads up to 32 objects at once, and uploads beside that. */
const SOCKETS = 64;
/** S3 refuses smaller chunks of a streamed body: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
const STREAM_CHUNK_BYTES = 64 * 1024;

/** The SDK would print on the console: errors are for the caller to show. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

type Send<T> = (options: { abortSignal?: AbortSignal }) => Promise<T>;

/**
 * A bucket and the client that reaches it.
 *
 * The SDK tries each request once: `retrying` is the one place that repeats, with one bound and one
 * deadline, and it is what callers can see and set.
 */
export class S3Bucket {
  readonly client: S3Client;
  readonly name: string;

  constructor(name: string, config: S3ClientConfig = {}) {
    this.name = name;
    const agent = { keepAlive: true, maxSockets: SOCKETS };
    this.client = new S3Client({
      forcePathStyle: hasOwnEndpoint(config),
      logger: SILENT,
      // It would open a new connection for each large body.
      expectContinueHeader: false,
      requestStreamBufferSize: STREAM_CHUNK_BYTES,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        socketTimeout: IDLE_TIMEOUT_MS,
        httpAgent: new HttpAgent(agent),
        httpsAgent: new HttpsAgent(agent),
      }),
      ...config,
      maxAttempts: 1,
    });
  }

  /**
   * One call, with its failure in the store's terms.
   *
   * @param send makes the command anew each time: after a refusal because of a wrong clock, the SDK
   *   knows the server's time, and the call is repeated once.
   */
  async call<T>(key: string, { signal }: CallOptions, send: Send<T>): Promise<T> {
    throwIfAborted(signal, key);
    const options = signal ? { abortSignal: signal } : {};
    try {
      try {
        return await send(options);
      } catch (error) {
        if (!isClockCorrected(error)) throw error;
        return await send(options);
      }
    } catch (error) {
      throwIfAborted(signal, key);
      throw s3Error(error, { bucket: this.name, key });
    }
  }
}

function ignore(): void {}

function isClockCorrected(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'RequestTimeTooSkewed' &&
    '$metadata' in error &&
    (error.$metadata as { clockSkewCorrected?: boolean }).clockSkewCorrected === true
  );
}

/** Servers other than AWS have no DNS name for each bucket. */
function hasOwnEndpoint({ endpoint }: S3ClientConfig): boolean {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const url = typeof endpoint === 'string' ? endpoint : (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL);
  return url ? !/\.amazonaws\.com(\.cn)?$/.test(URL.parse(url)?.hostname ?? '') : false;
}

import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Notice } from '@openevolve-aws/job-spec';
import { z } from 'zod';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
const DEFAULT_ENDPOINT = 'http://169.254.169.254';
const TOKEN_SECONDS = 21_600;
/** The service is on the machine itself; where there is none, a container must not wait for it. */
const TIMEOUT_MS = 1_000;

const instanceAction = z.object({
  action: z.enum(['terminate', 'stop', 'hibernate']),
  time: z.iso.datetime(),
});
const rebalance = z.object({ noticeTime: z.iso.datetime() });

/**
 * EC2 instance metadata, version 2 only, as far as notices need it. Every call answers null where
 * there is nothing to say or no service.
 */
export class InstanceMetadata {
  readonly #endpoint: string;
  #token: { value: string; until: number } | null = null;

  /** @param endpoint for tests and for networks with a proxy; `AWS_EC2_METADATA_SERVICE_ENDPOINT`. */
  constructor(endpoint: string = DEFAULT_ENDPOINT) {
    this.#endpoint = endpoint.replace(/\/$/, '');
  }

  /** Whether the service answers at all. */
  async isReachable(): Promise<boolean> {
    return (await this.#authorize()) !== null;
  }

  async instanceType(): Promise<string | null> {
    return this.#get('instance-type');
  }

  /** The Spot notice, or else a rebalance recommendation. */
  async notice(): Promise<Notice | null> {
    const action = instanceAction.safeParse(parse(await this.#get('spot/instance-action')));
    if (action.success) {
      return action.data;
    }
    const advice = rebalance.safeParse(parse(await this.#get('events/recommendations/rebalance')));
    return advice.success ? { action: 'rebalance', time: advice.data.noticeTime } : null;
  }

  async #get(path: string): Promise<string | null> {
    const token = await this.#authorize();
    if (token === null) {
      return null;
    }
    const reply = await this.#ask(`/latest/meta-data/${path}`, {
      headers: { 'x-aws-ec2-metadata-token': token },
    });
    if (reply?.status === 401) {
      this.#token = null;
    }
    return reply?.status === 200 ? reply.body : null;
  }

  async #authorize(): Promise<string | null> {
    if (this.#token && Date.now() < this.#token.until) {
      return this.#token.value;
    }
    const reply = await this.#ask('/latest/api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    });
    if (reply?.status !== 200) {
      return null;
    }
    const value = reply.body;
    this.#token = { value, until: Date.now() + (TOKEN_SECONDS - 60) * 1000 };
    return value;
  }

  /** Asked every two seconds, for hours: Node's own client costs a tenth of what `fetch` does. */
  async #ask(
    path: string,
    options: RequestOptions,
  ): Promise<{ status: number | undefined; body: string } | null> {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const sent = request(this.#endpoint + path, { ...options, signal }).end();
      const [reply] = (await once(sent, 'response')) as [IncomingMessage];
      return { status: reply.statusCode, body: await text(reply) };
    } catch {
      // Not on EC2, or the firewall rule that closes the service to containers: both are ordinary.
      return null;
    }
  }
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

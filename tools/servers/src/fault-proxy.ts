import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as requestUpstream,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { TestServerError } from './errors.ts';
import type { Server } from './server.ts';

export interface ProxiedRequest {
  /** Counts all requests, from 0. */
  readonly index: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
}

/** What goes wrong with one request. */
export interface ProxyFault {
  /** The server sees nothing: the connection is closed, never answered, or answered by an error of S3's form. */
  readonly refuse?: 'reset' | 'hang' | S3Refusal;
  /** Milliseconds before it is passed on. */
  readonly delayMs?: number;
  /**
   * The server's answer is lost and the connection closed, after it was applied or already before;
   * or its body ends after a share of it, which is seen (`cut`) or claims to be all (`shorten`).
   */
  readonly answer?:
    | 'lost'
    | 'lost-before'
    | { readonly cut: number }
    | { readonly shorten: number };
}

export interface S3Refusal {
  readonly status: number;
  readonly code: string;
  /** More elements of the XML. */
  readonly detail?: string;
  /** In the place of the XML. */
  readonly document?: string;
}

/** Decides what goes wrong with a request; null for nothing. */
export type ProxyPlan = (request: ProxiedRequest) => ProxyFault | null;

/** A proxy whose plan may be changed at any time. */
export interface FaultProxy extends Server {
  plan: ProxyPlan;
  readonly requests: ProxiedRequest[];
}

/**
 * A proxy in this process, for what microburst cannot do: writes that are applied although their
 * reply is lost, or only later, and a plan in code, so that a seed can decide. Bodies are held in
 * memory.
 *
 * @example
 * const lossy = await startFaultProxy(server, ({ method }) =>
 *   method === 'PUT' ? { answer: 'lost' } : null,
 * );
 */
export async function startFaultProxy(
  upstream: Server,
  plan: ProxyPlan = () => null,
): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const pending = new Set<Promise<void>>();

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = '', url: path = '' } = incoming;
    const request = { index: proxy.requests.length, method, path };
    proxy.requests.push(request);
    const { refuse, delayMs = 0, answer } = proxy.plan(request) ?? {};
    if (refuse === 'hang') return;
    if (refuse === 'reset') {
      outgoing.destroy();
      return;
    }
    const body = await buffer(incoming);
    if (refuse) {
      outgoing.writeHead(refuse.status, { 'content-type': 'application/xml' });
      outgoing.end(method === 'HEAD' ? '' : errorDocument(refuse));
      return;
    }
    if (answer === 'lost-before') outgoing.destroy();
    if (delayMs > 0) await delay(delayMs);
    const response = await send(upstream, agent, incoming, body);
    const content = await buffer(response);
    if (answer === 'lost' || outgoing.destroyed) {
      outgoing.destroy();
      return;
    }
    const headers = { ...response.headers };
    const reply = (body: Buffer) =>
      outgoing.writeHead(response.statusCode ?? 502, headers).end(body);
    if (typeof answer !== 'object') {
      reply(content);
    } else if ('shorten' in answer) {
      const some = share(content, answer.shorten);
      headers['content-length'] = String(some.length);
      reply(some);
    } else {
      outgoing.writeHead(response.statusCode ?? 502, headers);
      outgoing.write(share(content, answer.cut), () => outgoing.destroy());
    }
  };

  const server = createServer((incoming, outgoing) => {
    const handled = handle(incoming, outgoing).catch(() => {
      // A client or a server that goes away: the other one loses its connection.
      outgoing.destroy();
    });
    pending.add(handled);
    void handled.finally(() => pending.delete(handled));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TestServerError('The fault proxy was given no port.');
  }
  const url = `http://127.0.0.1:${address.port}`;
  const proxy: FaultProxy = {
    ...upstream,
    url,
    environment: { ...upstream.environment, AWS_ENDPOINT_URL: url },
    plan,
    requests: [],
    async stop() {
      server.close();
      server.closeAllConnections();
      await Promise.all(pending);
      agent.destroy();
    },
  };
  return proxy;
}

/** Headers go on raw, since the signature covers them as they are. */
function send(
  upstream: Server,
  agent: Agent,
  { method, url = '/', rawHeaders }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { agent, method, headers: rawHeaders };
    requestUpstream(new URL(url, upstream.url), options, resolve).on('error', reject).end(body);
  });
}

function share(content: Buffer, part: number): Buffer {
  return content.subarray(0, Math.floor(content.length * part));
}

function errorDocument({ code, detail = '', document }: S3Refusal): string {
  if (document !== undefined) return document;
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Injected.</Message>${detail}</Error>`;
}

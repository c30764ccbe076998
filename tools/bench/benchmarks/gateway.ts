import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { planModels, providers, startGateway } from '@openevolve-aws/llm-gateway';
import type { Benchmark } from '../benchmark.ts';
import { median } from '../processes.ts';

const CALLS = 2_000;
const CONCURRENCY = 16;
const LATENCY_MS = 200;
const PROMPT_BYTES = 16 * 1024;
/** Turns of both sides: what the machine does beside falls on both. */
const TURNS = 4;
const MB = 1e6;

/**
 * The same calls to the same provider, direct and through the gateway with a cap, a ledger and a
 * circuit; then, without latency, how much memory calls leave behind.
 */
const benchmark: Benchmark = {
  description: 'what the LLM gateway adds to a call, beside direct calls to the same provider',
  async run() {
    const provider = await startProvider();
    const token = randomBytes(24).toString('hex');
    const llm = {
      api_base: `${provider.origin}/v1`,
      api_key: 'any-key-at-all',
      primary_model: 'm',
    };
    const outageLimitMs = 600_000;
    const gateway = await startGateway({
      token,
      plan: planModels({ llm }, { provider: providers.gemini, keys: new Map(), outageLimitMs }),
      offline: null,
      cap: { usd: 1_000, tokens: null },
      prices: { m: { prompt: 1, completion: 1 } },
      outageLimitMs,
      earlier: null,
      record: async (spending) => spending.recorded(spending.snapshot()),
      onFailure: (failure) => {
        throw failure;
      },
      onEnd: ({ message }) => {
        throw new Error(message);
      },
    });
    const direct: number[] = [];
    const through: number[] = [];
    const turns = [
      async () => direct.push(...(await latencies(`${provider.origin}/v1`, token, LATENCY_MS))),
      async () => through.push(...(await latencies(`${gateway.origin}/v1`, token, LATENCY_MS))),
    ];
    await latencies(`${gateway.origin}/v1`, token, 0, CONCURRENCY); // connections and compiled code
    await latencies(`${provider.origin}/v1`, token, 0, CONCURRENCY);
    for (let turn = 0; turn < TURNS; turn++) {
      for (const take of turn % 2 === 0 ? turns : turns.toReversed()) await take();
    }
    provider.latencyMs = 0;
    const heaps: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      await latencies(`${gateway.origin}/v1`, token, 0);
      collectGarbage();
      heaps.push(process.memoryUsage().heapUsed / MB);
    }
    await gateway.close();
    provider.close();
    const added = (share: number) => at(through, share) - at(direct, share);
    return [
      {
        what: 'added to a call, median',
        unit: 'ms',
        ours: added(0.5),
        peers: { 'direct call': median(direct) },
        goal: { atMost: 3 },
      },
      {
        what: 'added to a call, p99',
        unit: 'ms',
        ours: added(0.99),
        peers: { 'direct call': at(direct, 0.99) },
        goal: { atMost: 20 },
      },
      {
        what: `heap after ${TURNS * CALLS} calls more than after ${CALLS}`,
        unit: 'MB',
        ours: (heaps.at(-1) ?? Number.NaN) - (heaps[0] ?? Number.NaN),
        peers: {},
        goal: { atMost: 3 },
      },
    ];
  },
};

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** A provider that answers every call after the same time. */
async function startProvider() {
  const reply = JSON.stringify({
    choices: [{ message: { role: 'assistant', content: 'x'.repeat(2_000) } }],
    usage: { prompt_tokens: 4_000, completion_tokens: 500 },
  });
  const provider = { latencyMs: LATENCY_MS };
  const server = createServer((incoming, response) => {
    incoming.resume().once('end', () => {
      setTimeout(() => {
        response.setHeader('content-type', 'application/json').end(reply);
      }, provider.latencyMs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(provider, {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

/** Milliseconds of each of so many calls. */
async function latencies(
  base: string,
  token: string,
  latencyMs: number,
  calls = CALLS / TURNS,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const body = JSON.stringify({
    model: 'm',
    max_tokens: 500,
    messages: [{ role: 'user', content: 'x'.repeat(PROMPT_BYTES) }],
  });
  const taken: number[] = [];
  // Spread over the time of one call, as workers are, which do other things in between.
  const caller = async (_: unknown, index: number) => {
    await delay((index * latencyMs) / CONCURRENCY);
    while (taken.length + underWay < calls) {
      underWay += 1;
      const began = performance.now();
      await call(`${base}/chat/completions`, token, body, agent);
      taken.push(performance.now() - began);
      underWay -= 1;
    }
  };
  let underWay = 0;
  await Promise.all(Array.from({ length: CONCURRENCY }).map(caller));
  agent.destroy();
  return taken;
}

async function call(url: string, token: string, body: string, agent: Agent): Promise<void> {
  const sent = request(url, {
    method: 'POST',
    agent,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  sent.end(body);
  const [reply] = await once(sent, 'response');
  reply.resume();
  await once(reply, 'end');
  if (reply.statusCode !== 200) throw new Error(`A call ended with ${reply.statusCode}.`);
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

export default benchmark;

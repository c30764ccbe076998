import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from '@openevolve-aws/test-servers';
import { expect, it } from 'vitest';
import { openLine } from './line.ts';

const DELAY_MS = 60;

it('delays each request, and counts what is sent', async () => {
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => response.end(request.method));
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server: Server = {
    url: `http://127.0.0.1:${port}`,
    environment: {},
    pid: process.pid,
    output: () => '',
    stop: async () => undefined,
  };
  const line = await openLine(server, DELAY_MS);
  const url = line.environment.AWS_ENDPOINT_URL ?? '';
  for (const body of ['a'.repeat(1_000), 'b'.repeat(100_000)]) {
    const before = line.sentBytes();
    const start = performance.now();
    const response = await fetch(url, { method: 'PUT', body });
    expect(await response.text()).toBe('PUT');
    expect(performance.now() - start).toBeGreaterThanOrEqual(DELAY_MS - 2);
    expect(line.sentBytes() - before).toBeGreaterThan(body.length);
    expect(line.sentBytes() - before).toBeLessThan(body.length + 1_000);
  }
  await line.close();
  upstream.close();
});

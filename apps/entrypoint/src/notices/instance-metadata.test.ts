import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { InstanceMetadata } from './instance-metadata.ts';

let close: (() => void) | null = null;
afterEach(() => close?.());

/** Serves paths under /latest/meta-data/ to callers with the newest token. */
async function service(paths: Record<string, string>) {
  let tokens = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      tokens += 1;
      response.end(`token-${tokens}`);
      return;
    }
    const content = paths[request.url?.replace('/latest/meta-data/', '') ?? ''];
    const authorized = request.headers['x-aws-ec2-metadata-token'] === `token-${tokens}`;
    response.statusCode = authorized ? (content === undefined ? 404 : 200) : 401;
    response.end(authorized ? content : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => server.close();
  const { port } = server.address() as AddressInfo;
  return {
    metadata: new InstanceMetadata(`http://127.0.0.1:${port}/`),
    dropTokens: () => {
      tokens += 1;
    },
  };
}

const action = '{"action": "terminate", "time": "2026-01-01T00:02:00Z"}';

it('reads the Spot notice', async () => {
  const { metadata } = await service({ 'spot/instance-action': action });
  expect(await metadata.notice()).toEqual({ action: 'terminate', time: '2026-01-01T00:02:00Z' });
});

it('reads a rebalance recommendation, and the Spot notice before it', async () => {
  const paths: Record<string, string> = {
    'events/recommendations/rebalance': '{"noticeTime": "2026-01-01T00:00:00Z"}',
  };
  const { metadata } = await service(paths);
  expect(await metadata.notice()).toEqual({ action: 'rebalance', time: '2026-01-01T00:00:00Z' });
  paths['spot/instance-action'] = action;
  expect(await metadata.notice()).toMatchObject({ action: 'terminate' });
});

it('has no notice where there is none, or one that cannot be read', async () => {
  expect(await (await service({})).metadata.notice()).toBeNull();
  expect(await (await service({ 'spot/instance-action': '{"act' })).metadata.notice()).toBeNull();
});

it('asks for another token when its own is refused', async () => {
  const { metadata, dropTokens } = await service({ 'instance-type': 'm5.2xlarge' });
  expect(await metadata.instanceType()).toBe('m5.2xlarge');
  dropTokens();
  expect(await metadata.instanceType()).toBeNull();
  expect(await metadata.instanceType()).toBe('m5.2xlarge');
});

it('is not reachable where nothing listens', async () => {
  expect(await new InstanceMetadata('http://127.0.0.1:9').isReachable()).toBe(false);
});

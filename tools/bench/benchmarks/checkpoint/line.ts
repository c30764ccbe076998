import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Server } from '@openevolve-aws/test-servers';

/** The way to a server: another address for it, and what went there. */
export interface Line {
  /** Of a client that takes this way. */
  readonly environment: Readonly<Record<string, string>>;
  /** Bytes that clients sent, with headers. */
  sentBytes(): number;
  close(): Promise<void>;
}

/**
 * Puts a line in front of a server: every byte to it arrives `delayMs` later, so that each request
 * takes that much longer, as across a network; there is no bound on throughput.
 */
export async function openLine(server: Server, delayMs: number): Promise<Line> {
  const { hostname, port } = new URL(server.url);
  const sockets = new Set<Socket>();
  let sent = 0;
  const line = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    const later =
      delayMs > 0 ? (run: () => void) => setTimeout(run, delayMs) : (run: () => void) => run();
    client.on('data', (chunk) => {
      sent += chunk.byteLength;
      later(() => upstream.write(chunk));
    });
    client.on('end', () => later(() => upstream.end()));
    client.on('close', () => later(() => upstream.destroy()));
    upstream.pipe(client);
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(line, 'listening');
  const address = line.address();
  const linePort = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    environment: { ...server.environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${linePort}` },
    sentBytes: () => sent,
    async close() {
      for (const socket of sockets) socket.destroy();
      line.close();
      await once(line, 'close');
    },
  };
}

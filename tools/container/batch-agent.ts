import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { USER } from './container.ts';
import { cache, engineEnvironment } from './engine.ts';

/** What a job definition says and moto does not pass on. */
export interface AgentOptions {
  /** Added to what a job's containers get. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The container side of a Batch machine. */
export interface BatchAgent {
  /** For `DOCKER_HOST`. */
  readonly dockerHost: string;
  stop(): Promise<void>;
}

/** The part of https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerCreate that is changed. */
interface ContainerCreate {
  User?: string;
  Env?: string[];
  HostConfig?: Record<string, unknown>;
}

const GRACE_SECONDS = 30;

/**
 * Podman's Docker API, for moto, with the part of the ECS agent that moto leaves out: user,
 * read-only root, working folder, limits, credentials and secrets; and SIGTERM before SIGKILL.
 */
export async function startBatchAgent(options: AgentOptions): Promise<BatchAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-'));
  const podmanSocket = join(folder, 'podman.sock');
  const service = spawn('podman', ['system', 'service', '--time=0', `unix://${podmanSocket}`], {
    cwd: cache,
    env: engineEnvironment,
    stdio: 'ignore',
  });
  const socketPath = join(folder, 'agent.sock');
  const server = createServer((asked, reply) => {
    void pass(podmanSocket, asked, reply, options).catch((error: unknown) => {
      reply.writeHead(500).end(String(error));
    });
  }).listen(socketPath);
  await once(server, 'listening');
  await answers(podmanSocket);
  return {
    dockerHost: `unix://${socketPath}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      service.kill();
      await once(service, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

async function pass(
  socketPath: string,
  asked: IncomingMessage,
  reply: ServerResponse,
  options: AgentOptions,
): Promise<void> {
  const creates = /\/containers\/create/.test(asked.url ?? '');
  const path = (asked.url ?? '').replace(/\/kill(\?.*)?$/, `/stop?t=${GRACE_SECONDS}`);
  const { 'content-length': _, ...headers } = asked.headers;
  const forwarded = request({ socketPath, path, method: asked.method, headers });
  forwarded.once('response', (response) => {
    reply.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(reply);
  });
  forwarded.once('error', (error) => reply.destroy(error));
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const sent = creates ? Buffer.from(JSON.stringify(adapt(JSON.parse(`${body}`), options))) : body;
  if (sent.length > 0) forwarded.setHeader('content-length', sent.length);
  forwarded.end(sent);
}

function adapt(create: ContainerCreate, { environment }: AgentOptions): ContainerCreate {
  const limit = (Name: string) => ({ Name, Soft: 20_000, Hard: 20_000 });
  return {
    ...create,
    User: USER,
    Env: [
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      ...(create.Env ?? []),
    ],
    HostConfig: {
      ...create.HostConfig,
      NetworkMode: 'host',
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,mode=1777,size=512m' },
      Memory: 2_600 * 1024 * 1024,
      PidsLimit: 500,
      Ulimits: [limit('nofile'), limit('nproc')],
    },
  };
}

async function answers(socketPath: string): Promise<void> {
  for (let waited = 0; waited < 200; waited += 1) {
    const ping = request({ socketPath, path: '/_ping' }).end();
    const answered = await once(ping, 'response').then(
      ([response]) => response.resume(),
      () => null,
    );
    if (answered) return;
    await delay(50);
  }
  throw new Error('podman system service gave no answer.');
}

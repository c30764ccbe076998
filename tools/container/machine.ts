import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CREDENTIALS = '169.254.170.2';
const METADATA = '169.254.169.254';
/** What a Batch machine runs at its start. */
const firewall = join(import.meta.dirname, '../../apps/infra/host/close-metadata.sh');

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a Batch machine offers to its containers, at the addresses where AWS has it. */
export interface BatchMachine {
  /** In the environment of a container that has a job role. */
  readonly environment: Readonly<Record<string, string>>;
  /** The secret of the machine's own role, which instance metadata gives away. */
  readonly instanceSecret: string;
  /** Paths of the credentials endpoint that were asked for. */
  readonly asked: readonly string[];
  /** Closes instance metadata to jobs, as the launch template does. */
  closeMetadata(): Promise<void>;
  openMetadata(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the credentials endpoint of the ECS agent and an instance metadata service.
 *
 * @param role what the job's role may use.
 */
export async function startBatchMachine(role: Credentials): Promise<BatchMachine> {
  const path = `/v2/credentials/${randomUUID()}`;
  const instanceSecret = `CANARY-role-${randomBytes(8).toString('hex')}`;
  const asked: string[] = [];
  const credentials = await serve(CREDENTIALS, (request, response) => {
    asked.push(request.url ?? '');
    if (request.url === path) {
      response.end(JSON.stringify(asCredentials(role)));
    } else {
      response.writeHead(404).end();
    }
  });
  const metadata = await serve(METADATA, (request, response) => {
    const instance = { accessKeyId: 'instance', secretAccessKey: instanceSecret };
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      response.end('token');
    } else if (request.headers['x-aws-ec2-metadata-token'] !== 'token') {
      response.writeHead(401).end();
    } else if (request.url === '/latest/meta-data/iam/security-credentials/machine') {
      response.end(JSON.stringify(asCredentials(instance)));
    } else if (request.url === '/latest/meta-data/iam/security-credentials/') {
      response.end('machine');
    } else {
      response.writeHead(404).end();
    }
  });
  return {
    environment: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path },
    instanceSecret,
    asked,
    closeMetadata: async () => void (await run('bash', [firewall, '10001'])),
    async openMetadata() {
      await run('iptables', ['-F', 'OUTPUT']);
      await run('iptables', ['-t', 'raw', '-F', 'PREROUTING']);
    },
    async stop() {
      await Promise.all([credentials(), metadata()]);
    },
  };
}

function asCredentials({ accessKeyId, secretAccessKey }: Credentials): object {
  return {
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: '',
    Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
  };
}

async function serve(address: string, listener: RequestListener): Promise<() => Promise<void>> {
  const server = createServer(listener).listen(80, address);
  await once(server, 'listening');
  return async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
}

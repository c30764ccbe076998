import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { AttemptRecord } from '@openevolve-aws/job-spec';

/** How long an attempt has run when its notice comes. */
const AFTER_MS = 8_000;
const EMULATOR = 'github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock@v1.13.0';

/** A notice for one attempt. */
export interface PreparedNotice {
  /** What tells the attempt where notices come from. */
  readonly variables: Readonly<Record<string, string>>;
  /** Settles when the notice has been given. */
  give(): Promise<void>;
  /** When that was, in milliseconds since 1970. */
  givenAt(): number;
  withdraw(): Promise<void>;
}

export interface NoticeGiver {
  readonly kind: AttemptRecord['noticeSource'];
  /** @param seconds from the notice to the end of the machine. */
  prepare(seconds: number): Promise<PreparedNotice>;
}

/** The file that the host of a Spot machine writes. */
export function hostFile(): NoticeGiver {
  return {
    kind: 'host file',
    async prepare(seconds) {
      const file = join(await mkdtemp(join(tmpdir(), 'notice-')), 'notice.json');
      let givenAt = 0;
      return {
        variables: { OPENEVOLVE_NOTICE_FILE: file },
        givenAt: () => givenAt,
        async give() {
          await delay(AFTER_MS);
          givenAt = Date.now();
          const time = new Date(givenAt + seconds * 1000).toISOString();
          await writeFile(`${file}.part`, JSON.stringify({ action: 'terminate', time }));
          await rename(`${file}.part`, file);
        },
        withdraw: async () => undefined,
      };
    },
  };
}

/**
 * AWS's own emulator of the instance metadata service, version 2 of the protocol alone.
 *
 * @param folder where it is installed.
 * @throws {Error} without Go.
 */
export async function instanceMetadata(folder: string): Promise<NoticeGiver> {
  const bin = join(folder, 'bin');
  try {
    await promisify(execFile)('go', ['install', EMULATOR], {
      env: { ...process.env, GOBIN: bin },
    });
  } catch (cause) {
    throw new Error(`${EMULATOR} could not be installed; this needs Go.`, { cause });
  }
  return {
    kind: 'metadata',
    async prepare(seconds) {
      const port = await freePort();
      const givenAt = Date.now() + AFTER_MS;
      const time = `${new Date(givenAt + seconds * 1000).toISOString().slice(0, 19)}Z`;
      const flags = ['--action', 'terminate', '-I', '-n', '127.0.0.1', '-p', String(port)];
      const emulator = spawn(
        join(bin, 'ec2-metadata-mock'),
        ['spot', ...flags, '-d', String(AFTER_MS / 1000), '-t', time],
        { stdio: 'ignore' },
      );
      await answers(emulator, `http://127.0.0.1:${port}/latest/api/token`);
      return {
        variables: {
          OPENEVOLVE_NOTICE_FILE: '',
          AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
        },
        givenAt: () => givenAt,
        give: () => delay(Math.max(0, givenAt - Date.now())),
        async withdraw() {
          emulator.kill();
          await once(emulator, 'exit');
        },
      };
    },
  };
}

async function answers(server: ChildProcess, url: string): Promise<void> {
  while (server.exitCode === null) {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    const reply = await fetch(url, { method: 'PUT', headers }).catch(() => null);
    if (reply?.ok) {
      return;
    }
    await delay(50);
  }
  throw new Error(`The emulator ended with exit code ${server.exitCode}.`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new TypeError('a listening server has a port');
  }
  return address.port;
}

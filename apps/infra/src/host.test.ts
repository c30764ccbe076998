import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Notice, noticeSchema } from '@openevolve-aws/job-spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveTemplate } from '../tests/resolve-template.ts';
import { mainTemplate } from '../tests/synthesize.ts';
import { hostCommands, MAX_USER_DATA_BYTES } from './host.ts';

const run = promisify(execFile);
const script = (name: string) => path.join(import.meta.dirname, '../host', name);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'host-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the machines' user data", () => {
  const { ComputeMachinesTemplate } = resolveTemplate(mainTemplate().toJSON()).byType(
    'AWS::EC2::LaunchTemplate',
  );
  const UserData = String(
    (ComputeMachinesTemplate?.LaunchTemplateData as { UserData?: string } | undefined)?.UserData,
  );

  it('is what AWS Batch and EC2 take: one MIME part of plain text, with room to spare', () => {
    expect(UserData).toMatch(/^Content-Type: multipart\/mixed; boundary="/);
    expect(UserData.match(/Content-Type: text\/x-shellscript/g)).toHaveLength(1);
    expect(UserData).toMatch(/^\p{ASCII}*$/u);
    expect(Buffer.byteLength(UserData)).toBeLessThan(MAX_USER_DATA_BYTES / 2);
  });

  it('is a program that bash can read, as are the scripts in it', async () => {
    const commands = path.join(folder, 'user-data.sh');
    await writeFile(commands, hostCommands().join('\n'));
    for (const file of [commands, script('notice-watch.sh'), script('close-metadata.sh')]) {
      await expect(run('bash', ['-n', file])).resolves.toMatchObject({ stderr: '' });
    }
  });
});

describe('the notice unit', () => {
  const terminate = '{"action": "terminate", "time": "2026-01-01T00:02:00Z"}';
  let stop: (() => Promise<void>) | null = null;
  afterEach(() => stop?.());

  /** Instance metadata with some paths, and the unit that watches it. */
  async function watch(paths: Record<string, string>) {
    let tokens = 0;
    let reads = 0;
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      if (request.method === 'PUT' && request.url === '/latest/api/token') {
        tokens += 1;
        response.end(`token-${tokens}`);
        return;
      }
      reads += 1;
      const authorized = request.headers['x-aws-ec2-metadata-token'] === `token-${tokens}`;
      const content = paths[request.url?.replace('/latest/meta-data/', '') ?? ''];
      response.statusCode = authorized ? (content === undefined ? 404 : 200) : 401;
      response.end(authorized ? content : '');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const file = path.join(folder, 'notice.json');
    const unit = spawn('bash', [script('notice-watch.sh')], {
      env: {
        PATH: process.env.PATH,
        METADATA_ENDPOINT: `http://127.0.0.1:${port}`,
        NOTICE_FILE: file,
        POLL_SECONDS: '0.05',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    stop = async () => {
      const ended = once(unit, 'exit');
      unit.kill();
      await ended;
      server.close();
    };
    return {
      reads: () => reads,
      tokens: () => tokens,
      dropToken: () => {
        tokens += 1;
      },
      notice: async (): Promise<Notice> =>
        noticeSchema.parse(JSON.parse(await readFile(file, 'utf8'))),
    };
  }

  const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, 10_000);

  it('writes a Spot notice in the form that jobs read', async () => {
    const { notice } = await watch({ 'spot/instance-action': terminate });
    await eventually(async () => expect(await notice()).toEqual(JSON.parse(terminate)));
  });

  it('writes a rebalance recommendation, and the Spot notice over it when it comes', async () => {
    const paths: Record<string, string> = {
      'events/recommendations/rebalance': '{"noticeTime": "2026-01-01T00:00:00Z"}',
    };
    const { notice } = await watch(paths);
    await eventually(async () =>
      expect(await notice()).toEqual({ action: 'rebalance', time: '2026-01-01T00:00:00Z' }),
    );
    paths['spot/instance-action'] = terminate;
    await eventually(async () => expect(await notice()).toEqual(JSON.parse(terminate)));
  });

  it('writes nothing while there is nothing, and asks for one token', async () => {
    const { notice, reads, tokens } = await watch({});
    await eventually(() => expect(reads()).toBeGreaterThan(6));
    expect(tokens()).toBe(1);
    await expect(notice()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('asks for another token when its own is refused', async () => {
    const paths: Record<string, string> = {};
    const { notice, reads, tokens, dropToken } = await watch(paths);
    await eventually(() => expect(reads()).toBeGreaterThan(1));
    dropToken();
    paths['spot/instance-action'] = terminate;
    await eventually(async () => expect(await notice()).toMatchObject({ action: 'terminate' }));
    expect(tokens()).toBe(3);
  });
});

describe('the firewall rule', () => {
  /** A stand-in that remembers rules as iptables does. */
  const fake = `#!/bin/bash
asked="$*"
rule=\${asked/ -[CI] / }
case "$asked" in
  *' -C '*) grep -qxF -- "$rule" "$RULES" 2>/dev/null ;;
  *' -I '*) printf '%s\\n' "$rule" >>"$RULES" ;;
esac
`;

  it('closes metadata to the container user and to bridges, once however often it runs', async () => {
    await writeFile(path.join(folder, 'iptables'), fake);
    await chmod(path.join(folder, 'iptables'), 0o755);
    const rules = path.join(folder, 'rules');
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      RULES: rules,
    };
    for (const _ of [1, 2]) {
      await run('bash', [script('close-metadata.sh'), '10001'], { env });
    }
    expect((await readFile(rules, 'utf8')).trim().split('\n')).toEqual([
      '-w OUTPUT -d 169.254.169.254 -m owner --uid-owner 10001 -j REJECT',
      '-w -t raw PREROUTING -d 169.254.169.254 -j DROP',
    ]);
  });

  it('fails when a rule cannot be set, so that the machine runs no job', async () => {
    await writeFile(path.join(folder, 'iptables'), '#!/bin/bash\nexit 4\n');
    await chmod(path.join(folder, 'iptables'), 0o755);
    await expect(
      run('bash', [script('close-metadata.sh'), '10001'], {
        env: { PATH: `${folder}:${process.env.PATH}` },
      }),
    ).rejects.toMatchObject({ code: 4 });
  });

  it('must be in place before the ECS agent starts', () => {
    expect(hostCommands().join('\n')).toMatch(
      /ecs\.service\.d\/openevolve\.conf.*\n\[Unit\]\nBindsTo=openevolve-firewall\.service\nAfter=openevolve-firewall\.service\n/,
    );
  });

  it('must be in place also where the user data stops before it is set', () => {
    const [first, second] = hostCommands();
    expect(first).toContain('ecs.service.d/openevolve.conf');
    expect(second).toBe('systemctl daemon-reload');
  });
});

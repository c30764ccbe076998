import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { noticeSchema } from '@openevolve-aws/job-spec';
import { type Server, startInstanceMetadata } from '@openevolve-aws/test-servers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hostCommands } from '../../src/host.ts';

const run = promisify(execFile);
const children: ChildProcess[] = [];
const servers: Server[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'machine-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  }
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

it.each([
  [['--action', 'terminate', '-t', '2026-01-01T00:02:00Z'], 'terminate'],
  [['--rebalance-delay-sec', '0', '-d', '600'], 'rebalance'],
])("writes what AWS's own emulator of instance metadata says: %j", async (flags, action) => {
  const metadata = await startInstanceMetadata(flags);
  servers.push(metadata);
  const file = path.join(folder, 'notice.json');
  const watch = spawn('bash', [path.join(import.meta.dirname, '../../host/notice-watch.sh')], {
    env: {
      PATH: process.env.PATH,
      METADATA_ENDPOINT: metadata.url,
      NOTICE_FILE: file,
      POLL_SECONDS: '0.1',
    },
  });
  children.push(watch);
  await vi.waitFor(
    async () =>
      expect(noticeSchema.parse(JSON.parse(await readFile(file, 'utf8')))).toMatchObject({
        action,
      }),
    20_000,
  );
});

it('makes a machine by its user data: scripts, units, settings of the agent', async () => {
  const commands = path.join(folder, 'user-data.sh');
  await writeFile(commands, `set -e\n${hostCommands().join('\n')}\n`);
  await writeFile(
    path.join(folder, 'systemctl'),
    `#!/bin/bash\necho "$*" >>${folder}/systemctl.log\n`,
    { mode: 0o755 },
  );
  // A file system of its own lies over what the commands write to.
  const places = ['/usr/local/lib', '/etc/systemd', '/etc/ecs'];
  const madeHere = await mkdir('/etc/ecs', { recursive: true });
  const script = [
    ...places.map((place) => `mount -t tmpfs none ${place}`),
    `PATH=${folder}:$PATH bash ${commands}`,
    `tar -C / -cf ${folder}/made.tar ${places.map((place) => place.slice(1)).join(' ')}`,
    `systemd-analyze verify /etc/systemd/system/openevolve-*.service`,
  ].join(' && ');
  const { stderr } = await run('unshare', ['--mount', 'bash', '-c', script]);
  if (madeHere !== undefined) {
    await rmdir(madeHere);
  }
  expect(stderr).toBe('');
  await run('tar', ['-C', folder, '-xf', path.join(folder, 'made.tar')]);
  const made = (file: string) => readFile(path.join(folder, file), 'utf8');
  expect(await made('etc/ecs/ecs.config')).toBe(
    'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true\nECS_CONTAINER_STOP_TIMEOUT=120s\n',
  );
  for (const name of ['notice-watch.sh', 'close-metadata.sh']) {
    const source = path.join(import.meta.dirname, '../../host', name);
    expect(await made(`usr/local/lib/openevolve/${name}`)).toBe(await readFile(source, 'utf8'));
  }
  expect(await readFile(path.join(folder, 'systemctl.log'), 'utf8')).toBe(
    'daemon-reload\ndaemon-reload\nenable --now openevolve-firewall.service openevolve-notices.service\n',
  );
});

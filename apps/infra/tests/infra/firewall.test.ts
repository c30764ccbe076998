import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const rule = path.join(import.meta.dirname, '../../host/close-metadata.sh');

/** Three network namespaces: instance metadata, the machine, and a container behind its bridge. */
const metadata = `oe-${process.pid}-metadata`;
const machine = `oe-${process.pid}-machine`;
const container = `oe-${process.pid}-container`;
const address = '169.254.169.254';

const ip = (...line: string[]) => run('ip', line.join(' ').split(' '));
let stopMetadata: (() => Promise<void>) | null = null;

beforeAll(async () => {
  for (const namespace of [metadata, machine, container]) {
    await ip(`netns add ${namespace}`);
    await ip(`-n ${namespace} link set lo up`);
  }
  await ip(`-n ${machine} link add uplink type veth peer name eth0 netns ${metadata}`);
  await ip(`-n ${machine} link add bridge type veth peer name eth0 netns ${container}`);
  for (const [namespace, link, own] of [
    [machine, 'uplink', '10.9.0.1/24'],
    [metadata, 'eth0', '10.9.0.2/24'],
    [machine, 'bridge', '172.17.0.1/16'],
    [container, 'eth0', '172.17.0.2/16'],
  ]) {
    await ip(`-n ${namespace} addr add ${own} dev ${link}`);
    await ip(`-n ${namespace} link set ${link} up`);
  }
  await ip(`-n ${metadata} addr add ${address}/32 dev eth0`);
  await ip(`-n ${machine} route add ${address}/32 via 10.9.0.2`);
  await ip(`-n ${metadata} route add default via 10.9.0.1`);
  await ip(`-n ${container} route add default via 172.17.0.1`);
  await run('ip', ['netns', 'exec', machine, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  stopMetadata = await serveIn(metadata);
});

afterAll(async () => {
  await stopMetadata?.();
  for (const namespace of [metadata, machine, container]) {
    await ip(`netns del ${namespace}`);
  }
});

async function serveIn(namespace: string): Promise<() => Promise<void>> {
  const program = `
    require('node:http')
      .createServer((_, response) => response.end('credentials'))
      .listen(80, '${address}', () => console.log('listening'))`;
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(child.stdout), 'line');
  return async () => {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  };
}

/** What somebody in a namespace gets of instance metadata, or the exit code of curl. */
async function ask(namespace: string, user = 0): Promise<string | number> {
  const as = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const curl = ['curl', '-s', '--max-time', '2', `http://${address}/`];
  return run('ip', ['netns', 'exec', namespace, ...as, ...curl]).then(
    ({ stdout }) => stdout,
    ({ code }) => code,
  );
}

const REFUSED = 7;
const NO_ANSWER = 28;

describe('instance metadata', () => {
  it('is open to all without the rule', async () => {
    expect(await ask(machine)).toBe('credentials');
    expect(await ask(machine, 10_001)).toBe('credentials');
    expect(await ask(container)).toBe('credentials');
  });

  it('is closed by the rule to jobs in host and in bridge mode, and open to the machine', async () => {
    await run('ip', ['netns', 'exec', machine, 'bash', rule, '10001']);
    expect(await ask(machine, 10_001)).toBe(REFUSED);
    expect(await ask(container, 10_001)).toBe(NO_ANSWER);
    expect(await ask(container)).toBe(NO_ANSWER);
    expect(await ask(machine)).toBe('credentials');
    expect(await ask(machine, 10_002)).toBe('credentials');
  });
});

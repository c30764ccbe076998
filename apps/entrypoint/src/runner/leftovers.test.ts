import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { killLeftovers } from './leftovers.ts';

it.skipIf(process.platform !== 'linux')(
  'kills what is in a session of its own, and nothing of another home',
  async () => {
    const start = (home: string) =>
      spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env: { HOME: home } });
    const left = start('/tmp/home-of-this-run');
    const other = start('/tmp/home-of-this-run-2');
    await Promise.all([once(left, 'spawn'), once(other, 'spawn')]);
    const ended = once(left, 'exit');
    await killLeftovers('/tmp/home-of-this-run');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill('SIGKILL');
  },
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pythonProgram } from '@openevolve-aws/test-servers';

export const PEERS = ['s5cmd', 'aws s3 sync', 'rclone'] as const;
export type Peer = (typeof PEERS)[number];

/** As many as s5cmd would do well with here; its own default of 4 would be no match. */
const RCLONE_AT_ONCE = ['--transfers', '32', '--checkers', '32'];

type Environment = Readonly<Record<string, string>>;

/** Copies a directory to `s3://<to>/`, leaving out what is there already. */
export function upload(peer: Peer, from: string, to: string, env: Environment): Promise<number> {
  const commands: Record<Peer, readonly string[]> = {
    s5cmd: ['s5cmd', 'sync', `${from}/`, `s3://${to}/`],
    'aws s3 sync': ['aws', 's3', 'sync', from, `s3://${to}`, '--only-show-errors'],
    rclone: ['rclone', 'sync', from, `bench:${to}`, ...RCLONE_AT_ONCE],
  };
  return timed(commands[peer], env);
}

/** Copies what lies under `s3://<from>/` to a new directory. */
export function download(peer: Peer, from: string, to: string, env: Environment): Promise<number> {
  const commands: Record<Peer, readonly string[]> = {
    s5cmd: ['s5cmd', 'cp', `s3://${from}/*`, `${to}/`],
    'aws s3 sync': ['aws', 's3', 'sync', `s3://${from}`, to, '--only-show-errors'],
    rclone: ['rclone', 'copy', `bench:${from}`, to, ...RCLONE_AT_ONCE],
  };
  return timed(commands[peer], env);
}

export async function makeBucket(bucket: string, env: Environment): Promise<void> {
  await timed(['aws', 's3', 'mb', `s3://${bucket}`], env);
}

/** Milliseconds from start to exit. This process stays free: the server's output must be read. */
async function timed(
  [program = '', ...args]: readonly string[],
  env: Environment,
): Promise<number> {
  const endpoint = env.AWS_ENDPOINT_URL ?? '';
  const start = performance.now();
  const child = spawn(pythonProgram(program), args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...env,
      S3_ENDPOINT_URL: endpoint,
      RCLONE_CONFIG: '/dev/null',
      RCLONE_CONFIG_BENCH_TYPE: 's3',
      RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
      RCLONE_CONFIG_BENCH_ENV_AUTH: 'true',
      RCLONE_CONFIG_BENCH_REGION: 'us-east-1',
      RCLONE_CONFIG_BENCH_ENDPOINT: endpoint,
    },
  });
  const [code, signal] = await once(child, 'exit');
  const ms = performance.now() - start;
  if (code !== 0) {
    throw new Error(`'${program} ${args.join(' ')}' ended with ${code ?? signal}: it has no time.`);
  }
  return ms;
}

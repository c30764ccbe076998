import { goProgram, pythonProgram } from './places.ts';
import { launch, type Server } from './server.ts';

/** moto: most AWS services in memory. */
export function startMoto(): Promise<Server> {
  return launch({
    program: pythonProgram('moto_server'),
    arguments: (port) => ['-H', '127.0.0.1', '-p', String(port)],
  });
}

/** ministack: S3, Logs, Secrets Manager and more in memory, made independently of moto. */
export function startMinistack(): Promise<Server> {
  return launch({
    program: pythonProgram('ministack'),
    arguments: () => [],
    environment: (port) => ({ GATEWAY_PORT: String(port), BIND_HOST: '127.0.0.1' }),
  });
}

/**
 * microburst: a proxy that gives AWS's own faults by rules, sent to `/_microburst/rules`.
 *
 * @param upstream the server behind it.
 */
export async function startMicroburst(upstream: Server): Promise<Server> {
  const proxy = await launch({
    program: pythonProgram('microburst'),
    arguments: (port) => [
      '--upstream',
      upstream.url,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
    ],
  });
  return { ...proxy, environment: { ...upstream.environment, AWS_ENDPOINT_URL: proxy.url } };
}

/**
 * AWS's own emulator of EC2's instance metadata, the second version of the protocol alone.
 *
 * @param flags of its command `spot`: what is told, and when.
 */
export async function startInstanceMetadata(flags: readonly string[]): Promise<Server> {
  const program = await goProgram('ec2-metadata-mock');
  return launch({
    program,
    arguments: (port) => ['spot', '-I', '-n', '127.0.0.1', '-p', String(port), ...flags],
  });
}

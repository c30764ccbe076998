import { pythonProgram } from './places.ts';
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

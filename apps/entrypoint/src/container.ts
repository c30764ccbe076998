import { createInterface } from 'node:readline';
import {
  type ContainerEnvironment,
  containerExit,
  JobSpecError,
  parseContainerEnvironment,
} from '@openevolve-aws/job-spec';
import { keyVariables } from '@openevolve-aws/llm-gateway';
import { runAttempt } from './attempt.ts';
import { endOf } from './attempt-end.ts';
import { exposedProcesses } from './exposure.ts';
import { createLog, type Log } from './log.ts';
import { secretsIn } from './secrets.ts';
import { StopRequest } from './stop-request.ts';

/**
 * One run of the container: reads the environment, listens for signals, runs the attempt and turns
 * what comes of it into an exit code of job-spec's table.
 *
 * @param processEnvironment loses its keys: a diagnostic report would show them.
 */
export async function runContainer(processEnvironment: NodeJS.ProcessEnv): Promise<number> {
  const variables = { ...processEnvironment };
  for (const name of keyVariables) {
    delete processEnvironment[name];
  }
  const stop = new StopRequest();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => stop.request(signal));
  }
  const log = createLog(secretsIn(variables), (line) => process.stdout.write(`${line}\n`));
  process.on('uncaughtException', (error) => process.exit(crashed(error, log)));

  let environment: ContainerEnvironment;
  try {
    environment = parseContainerEnvironment(variables);
  } catch (error) {
    if (error instanceof JobSpecError) {
      log.error(error.message);
      return containerExit.BAD_SPEC;
    }
    throw error;
  }
  if (environment.OPENEVOLVE_LIFELINE === 'stdin') {
    createInterface({ input: process.stdin }).once('close', () => stop.request('parent lost'));
  } else {
    await warnOfExposure(log);
  }

  try {
    return await runAttempt({ environment, variables, log, stop });
  } catch (error) {
    const { exitCode, reason } = endOf(error);
    log.error((exitCode === containerExit.INTERNAL && stackOf(error)) || reason);
    return exitCode;
  }
}

/** A job on the user's own machine is not kept from the user's account; in a container it should be. */
async function warnOfExposure(log: Log): Promise<void> {
  const exposed = await exposedProcesses();
  if (exposed.length > 0) {
    log.warn(
      `Evolved code can read the environment of process ${exposed.join(', ')}, and in it keys and the way to credentials: run the image as it is, not as root and with no other init.`,
    );
  }
}

/** The exit code after an error that nobody caught, which is always a fault of ours. */
export function crashed(error: unknown, log: Log): number {
  log.error(stackOf(error) ?? String(error));
  return endOf(error).exitCode;
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

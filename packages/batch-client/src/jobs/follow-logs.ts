import type { Backend, LogLine, LogRequest } from '../backend.ts';
import { batchJobIdOfRun, findRun } from './find-run.ts';

/**
 * The lines of a job's log in order, attempt by attempt.
 *
 * @throws {BatchClientError} `NOT_FOUND` for an unknown job or attempt.
 * @example
 * for await (const { attempt, text } of followLogs(backend, 'alice', 'a1b2c3d4', { follow: true })) {
 *   console.log(attempt, text);
 * }
 */
export async function* followLogs(
  backend: Backend,
  owner: string,
  reference: string,
  request: LogRequest,
): AsyncGenerator<LogLine> {
  const { signal } = request;
  const run = await findRun(backend, owner, reference, { signal });
  yield* backend.logs(batchJobIdOfRun(run), request);
}

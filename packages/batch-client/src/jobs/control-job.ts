import {
  type Control,
  controlSchema,
  describeIssues,
  type Job,
  type JobLimits,
  limitsOf,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { isStoreError } from '@openevolve-aws/object-store';
import { controlNumberOfKey, inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import { type Backend, type CallOptions, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { concurrently } from './concurrently.ts';
import { findRun } from './find-run.ts';
import { readStored } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

const READS_AT_ONCE = 16;

/**
 * Asks something of a job that has not ended: to stop after saving, to commit now, to do another
 * number of iterations in all, to spend up to another cap, or to run for another time. It is carried
 * out within seconds, also after an interruption; `describeJob` shows the number of the last request
 * that was.
 *
 * @returns the request as it was stored.
 * @throws {BatchClientError} `CONFLICT` when the job has ended, `INVALID_INPUT` for a wrong number.
 * @example
 * await controlJob(backend, 'alice', 'a1b2c3d4', { kind: 'extend', iterations: 500 });
 */
export async function controlJob(
  backend: Backend,
  owner: string,
  reference: string,
  request: Control['request'],
  { signal }: CallOptions = {},
): Promise<Control> {
  const asked = withSignal(backend, signal);
  const { job, batch } = await findRun(asked, owner, reference);
  const { status } = batch;
  if (isTerminal(status)) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has ended (${status}), so nothing can be asked of it; 'openevolve-aws resume' lets it go on.`,
    );
  }
  return storeControl(asked, job, request);
}

/** Stores a request under the next free number. */
export async function storeControl(
  backend: Backend,
  job: Job,
  request: Control['request'],
): Promise<Control> {
  for (let number = (await lastControl(backend, job)) + 1; ; number += 1) {
    const parsed = controlSchema.safeParse({
      version: 1,
      number,
      at: new Date().toISOString(),
      request,
    });
    if (!parsed.success) {
      throw new BatchClientError('INVALID_INPUT', `${describeIssues(parsed.error)}.`, {
        cause: parsed.error,
      });
    }
    const key = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.control(number)}`;
    try {
      await backend.inputs.putIfAbsent(key, serializeDocument(parsed.data));
      return parsed.data;
    } catch (error) {
      if (!isStoreError(error, 'ALREADY_EXISTS')) {
        throw error;
      }
    }
  }
}

/** The number of the last control request; 0 for none. */
export async function lastControl(backend: Backend, job: Job): Promise<number> {
  return (await controlNumbers(backend, job)).at(-1) ?? 0;
}

/**
 * What a job may do as its limits stand now.
 *
 * @param passOver told of a request that cannot be read; it changes nothing, as in the job itself.
 */
export async function currentLimits(
  backend: Backend,
  job: Job,
  passOver: (error: unknown) => null,
): Promise<JobLimits> {
  const prefix = jobPrefixes(job.owner, job.id).input;
  const numbers = await controlNumbers(backend, job);
  const controls = await concurrently(numbers, READS_AT_ONCE, (number) =>
    readStored(backend, 'inputs', controlSchema, `${prefix}/${inputKeys.control(number)}`).catch(
      passOver,
    ),
  );
  return limitsOf(
    job,
    controls.flatMap((control) => control?.request ?? []),
  );
}

/** In ascending order. */
async function controlNumbers(backend: Backend, job: Job): Promise<number[]> {
  const prefix = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.controls}`;
  const numbers: number[] = [];
  for await (const { key } of backend.inputs.list(prefix)) {
    const number = controlNumberOfKey(key);
    if (number !== null) {
      numbers.push(number);
    }
  }
  return numbers.sort((a, b) => a - b);
}

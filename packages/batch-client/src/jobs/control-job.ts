import {
  type Control,
  controlSchema,
  describeIssues,
  type Job,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { isStoreError } from '@openevolve-aws/object-store';
import { controlNumberOfKey, inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import { type Backend, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { findRun } from './find-run.ts';

/**
 * Asks something of a job that has not ended: to stop after saving, to commit now, to do another
 * number of iterations in all, or to spend up to another cap. It is carried out within seconds, also after an interruption;
 * `describeJob` shows the number of the last request that was.
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
): Promise<Control> {
  const { job, batch } = await findRun(backend, owner, reference);
  const { status } = batch;
  if (isTerminal(status)) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has ended (${status}), so nothing can be asked of it; 'openevolve-aws resume' lets it go on.`,
    );
  }
  return storeControl(backend, job, request);
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
  const prefix = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.controls}`;
  let last = 0;
  for await (const { key } of backend.inputs.list(prefix)) {
    last = Math.max(last, controlNumberOfKey(key) ?? 0);
  }
  return last;
}

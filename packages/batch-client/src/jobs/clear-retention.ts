import type { Job } from '@openevolve-aws/job-spec';
import { isStoreError } from '@openevolve-aws/object-store';
import { jobPrefixes } from '@openevolve-aws/s3-layout';
import type { Backend } from '../backend.ts';
import { concurrently } from './concurrently.ts';

const CALLS_AT_ONCE = 32;

/**
 * Takes the tags that let the lifecycle rules have a job's objects off all of them, so that nothing
 * of a job that goes on expires under it. See `retentionTag`.
 */
export async function clearRetention(backend: Backend, job: Job): Promise<void> {
  const keys: string[] = [];
  const prefix = `${jobPrefixes(job.owner, job.id).output}/`;
  for await (const { key } of backend.outputs.list(prefix)) {
    keys.push(key);
  }
  await concurrently(keys, CALLS_AT_ONCE, async (key) => {
    await backend.outputs.putTags(key, {}).catch((error: unknown) => {
      if (!isStoreError(error, 'NOT_FOUND')) {
        throw error;
      }
    });
  });
}

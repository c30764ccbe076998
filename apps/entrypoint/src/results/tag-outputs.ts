import type { ObjectStore } from '@openevolve-aws/object-store';
import { type EndedJob, retentionOf, retentionTag } from '@openevolve-aws/s3-layout';

const CALLS_AT_ONCE = 32;

/**
 * Opens all that a job wrote to the lifecycle rules of its bucket, once it has ended. Whoever
 * resumes it closes them again before another attempt claims.
 */
export async function tagOutputs(outputs: ObjectStore, end: EndedJob): Promise<void> {
  const objects = outputs.list('')[Symbol.asyncIterator]();
  const work = async (): Promise<void> => {
    for (let step = await objects.next(); !step.done; step = await objects.next()) {
      const { key } = step.value;
      await outputs.putTags(key, { [retentionTag.key]: retentionOf(key, end) });
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
}

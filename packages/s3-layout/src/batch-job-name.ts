const MAX_NAME = 128;

/**
 * The Batch job's name: the job's, its short id and the submission. No two submissions share one, so
 * a Batch job is found again by its name when the reply to SubmitJob was lost.
 *
 * @example
 * batchJobName({ name: 'first', id: '0a1b2c3d' }, 2); // 'first-0a1b2c3d-2'
 */
export function batchJobName(
  job: { readonly name: string; readonly id: string },
  submission: number,
): string {
  const suffix = `-${job.id}-${submission}`;
  // The default name ends with the id already.
  const name = job.name.endsWith(`-${job.id}`) ? job.name.slice(0, -job.id.length - 1) : job.name;
  return name.slice(0, MAX_NAME - suffix.length) + suffix;
}

/**
 * The short id in a Batch job's name, or in a default name; null for any other name.
 *
 * @example
 * jobIdOfName('first-0a1b2c3d-2'); // '0a1b2c3d'
 */
export function jobIdOfName(name: string): string | null {
  return /-([0-9a-f]{8})(?:-[1-9]\d{0,8})?$/.exec(name)?.[1] ?? null;
}

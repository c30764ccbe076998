import { z } from 'zod';

/** A job's short id: names the job for ever. */
export const jobIdSchema = z.string().regex(/^[0-9a-f]{8}$/, 'a short id is 8 hexadecimal digits');

/**
 * Whose job it is: the folder under `users/` and the fair-share identifier, which AWS Batch wants
 * alphanumeric (https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html).
 */
export const ownerSchema = z
  .string()
  .regex(/^[a-z0-9]{1,32}$/, 'an owner is 1 to 32 lower-case letters and digits');

/** The job's name, as AWS Batch allows it. */
export const jobNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/,
    'a name is 1 to 128 letters, digits, dashes and underscores, and begins with a letter or digit',
  );

/** A file's name inside a job's input folder; never a path out of it. */
export const relativeFileSchema = z
  .string()
  .min(1)
  .max(512)
  .refine(
    (name) =>
      !name.startsWith('/') &&
      !name.includes('\\') &&
      !/\p{Cc}/u.test(name) &&
      name.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'a relative path without . or .. parts and without control characters',
  );

export const timestampSchema = z.iso.datetime();
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hexadecimal digits');

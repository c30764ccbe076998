import { ownerSchema } from '@openevolve-aws/job-spec';
import { S3LayoutError } from './errors.ts';

/**
 * The owner of a local job: the operating system's user name with all else but letters and digits
 * left out.
 *
 * @throws {S3LayoutError} `INVALID_OWNER` when nothing is left.
 * @example
 * ownerFromUserName('Ana-Maria.92'); // 'anamaria92'
 */
export function ownerFromUserName(userName: string): string {
  const owner = userName
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 32);
  if (!ownerSchema.safeParse(owner).success) {
    throw new S3LayoutError(
      'INVALID_OWNER',
      `The user name ${JSON.stringify(userName)} has no letters or digits. Name the owner with --owner: 1 to 32 lower-case letters and digits.`,
    );
  }
  return owner;
}

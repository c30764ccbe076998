import { ownerSchema } from '@openevolve-aws/job-spec';
import { S3LayoutError } from './errors.ts';

const RULE = '1 to 32 lower-case letters and digits';

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
      `The user name ${JSON.stringify(userName)} has no letters or digits. Name the owner with --owner: ${RULE}.`,
    );
  }
  return owner;
}

/**
 * The owner that AWS credentials stand for, from the ARN that STS gives for them
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html):
 *
 * - an IAM user: the name, without `openevolve-<environment>-` before it;
 * - an assumed role: the role's name without that prefix, or else the session's name, of which an
 *   e-mail address (IAM Identity Center) counts up to the `@`;
 * - a federated user: the name; the account itself: `root`.
 *
 * Capitals become small, since IAM takes no two names that differ in them alone. Nothing else is
 * changed: two people must never become one owner.
 *
 * @param environment the deployment's, which may have dashes.
 * @throws {S3LayoutError} `INVALID_OWNER` when the name is no owner, with the rule.
 * @example
 * ownerFromArn('arn:aws:iam::123456789012:user/openevolve-prod-alice', 'prod'); // 'alice'
 */
export function ownerFromArn(arn: string, environment: string): string {
  const resource = /^arn:[^:]+:(?:iam|sts)::\d{12}:(.+)$/.exec(arn)?.[1] ?? '';
  const [kind = '', ...path] = resource.split('/');
  const last = path.at(-1) ?? '';
  const prefix = `openevolve-${environment}-`;
  const [role = ''] = path;
  const own = kind === 'assumed-role' && role.startsWith(prefix) ? role : last;
  const name =
    resource === 'root' ? 'root' : own.startsWith(prefix) ? own.slice(prefix.length) : own;
  const owner = (kind === 'assumed-role' ? name.replace(/@.*$/s, '') : name).toLowerCase();
  if (!ownerSchema.safeParse(owner).success) {
    throw new S3LayoutError(
      'INVALID_OWNER',
      `The credentials are those of ${arn}, whose name ${JSON.stringify(name)} is no owner: an owner is ${RULE}. Name yours with --owner, or as owner in the settings.`,
    );
  }
  return owner;
}

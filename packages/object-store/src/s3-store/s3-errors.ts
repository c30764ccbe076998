import type { _Error } from '@aws-sdk/client-s3';
import { ObjectStoreError, type ObjectStoreErrorCode } from '../errors.ts';

/** Where a call went, for the message. */
export interface S3Call {
  readonly bucket: string;
  /** A key or prefix; empty when the call is on the bucket. */
  readonly key: string;
}

/** By S3's own code, which says more than its status: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const CODES: Readonly<Record<string, ObjectStoreErrorCode>> = {
  NoSuchKey: 'NOT_FOUND',
  NoSuchBucket: 'NO_BUCKET',
  AccessDenied: 'ACCESS_DENIED',
  PreconditionFailed: 'ALREADY_EXISTS',
  InvalidRange: 'INVALID_RANGE',
  KeyTooLongError: 'INVALID_KEY',
  EntityTooLarge: 'INVALID_BODY',
  RequestTimeTooSkewed: 'CLOCK_SKEW',
  ExpiredToken: 'CREDENTIALS',
  ExpiredTokenException: 'CREDENTIALS',
  InvalidToken: 'CREDENTIALS',
  TokenRefreshRequired: 'CREDENTIALS',
  InvalidAccessKeyId: 'CREDENTIALS',
  SignatureDoesNotMatch: 'CREDENTIALS',
  CredentialsProviderError: 'CREDENTIALS',
  TokenProviderError: 'CREDENTIALS',
  PermanentRedirect: 'WRONG_REGION',
  AuthorizationHeaderMalformed: 'WRONG_REGION',
  IllegalLocationConstraintException: 'WRONG_REGION',
  // A part, or the end, of an upload that is gone: only a new upload can succeed.
  NoSuchUpload: 'UNAVAILABLE',
  // What arrived is not what was sent.
  BadDigest: 'UNAVAILABLE',
  XAmzContentChecksumMismatch: 'UNAVAILABLE',
  RequestTimeout: 'UNAVAILABLE',
  // 409: another conditional write to the key is under way.
  ConditionalRequestConflict: 'UNAVAILABLE',
  OperationAborted: 'UNAVAILABLE',
  NotImplemented: 'REFUSED',
  // Servers that keep objects as files: a key is the folder of another one.
  ExistingObjectIsDirectory: 'INVALID_KEY',
  ObjectParentIsFile: 'INVALID_KEY',
};

/**
 * For codes of S3's that are not known. A 404 is not among them: callers take `NOT_FOUND` for the word
 * of the store.
 */
const STATUSES: Readonly<Record<number, ObjectStoreErrorCode>> = {
  301: 'WRONG_REGION',
  401: 'CREDENTIALS',
  403: 'ACCESS_DENIED',
  408: 'UNAVAILABLE',
  409: 'UNAVAILABLE',
  412: 'ALREADY_EXISTS',
  416: 'INVALID_RANGE',
  429: 'UNAVAILABLE',
  501: 'REFUSED',
  507: 'OUT_OF_SPACE',
};

/** What the SDK hangs on its errors, as far as it is there. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly Region?: string;
  readonly ServerTime?: Date | string;
}

/**
 * An error of the SDK, or of the network under it, in the store's terms. A store's own error passes
 * through. What is not known is taken for something that passes: a server that answers nonsense
 * once may answer well the next time.
 */
export function s3Error(error: unknown, call: S3Call): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const what: SdkError = error instanceof Error ? error : new Error(String(error));
  const code = codeOf(what);
  const place = `s3://${call.bucket}/${call.key}`;
  // Its other lines are advice to programmers who use the SDK.
  const [message = ''] = what.message.split('\n');
  const detail = [what.name === 'Error' ? '' : what.name, message].filter(Boolean).join(': ');
  return new ObjectStoreError(
    code,
    `${place}: ${detail.replace(/\.$/, '')}. ${advice(code, what, call)}`.trimEnd(),
    { cause: error },
  );
}

function codeOf(error: SdkError): ObjectStoreErrorCode {
  if (/^Region is missing/.test(error.message)) return 'WRONG_REGION';
  if (error.name === 'CredentialsProviderError' && fetchesCredentials()) return 'UNAVAILABLE';
  const known = CODES[error.name];
  if (known) return known;
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined || !isOfS3(error)) return 'UNAVAILABLE';
  return STATUSES[status] ?? (status >= 400 && status < 500 ? 'REFUSED' : 'UNAVAILABLE');
}

/**
 * Whether an answer carries a code. One without may have been cut short, or come from something that
 * is no S3 server, whatever its status: the SDK takes any 404 for a missing object.
 */
function isOfS3(error: SdkError): boolean {
  return '$fault' in error && error.name !== 'Unknown' && error.name !== 'NotFound';
}

/** In a container they come from an agent on the machine, which may be slow for a moment. */
function fetchesCredentials(): boolean {
  return Object.keys(process.env).some((name) => name.startsWith('AWS_CONTAINER_CREDENTIALS_'));
}

function advice(code: ObjectStoreErrorCode, error: SdkError, { bucket }: S3Call): string {
  switch (code) {
    case 'NO_BUCKET':
      return `There is no bucket ${bucket}: check its name, the account and AWS_ENDPOINT_URL.`;
    case 'ACCESS_DENIED':
      return 'Allow it in the policies of the role, the bucket and its key. Without s3:ListBucket, S3 also says this of an object that does not exist.';
    case 'CREDENTIALS':
      return 'Renew them (aws sso login, aws configure, or new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN), and check AWS_PROFILE.';
    case 'CLOCK_SKEW':
      return `${skew(error)} Set it by NTP (timedatectl set-ntp true) and try again.`;
    case 'WRONG_REGION':
      return region(error, bucket);
    case 'OUT_OF_SPACE':
      return 'Free some space on the server.';
    case 'UNAVAILABLE':
      return error.$metadata?.httpStatusCode !== undefined && !isOfS3(error)
        ? 'The answer has no code of S3. If this stays so, check AWS_ENDPOINT_URL.'
        : '';
    default:
      return '';
  }
}

function region(error: SdkError, bucket: string): string {
  const actual = error.Region ?? error.$response?.headers?.['x-amz-bucket-region'];
  return actual
    ? `The bucket ${bucket} is in ${actual}: set AWS_REGION=${actual}.`
    : `Set AWS_REGION to the region of the bucket ${bucket}.`;
}

function skew(error: SdkError): string {
  const server = Date.parse(String(error.ServerTime ?? error.$response?.headers?.date));
  if (Number.isNaN(server)) return "This machine's clock is wrong.";
  const minutes = Math.round((Date.now() - server) / 60_000);
  const direction = minutes < 0 ? 'behind' : 'ahead of';
  return `This machine's clock is ${Math.abs(minutes)} minutes ${direction} the server's.`;
}

/** The outcome of a batch of deletions in which some failed: permanent if one of them is. */
export function deletionError(errors: readonly _Error[], bucket: string): ObjectStoreError {
  const failures = errors.map(({ Key = '', Code = '', Message = '' }) =>
    s3Error(Object.assign(new Error(Message), { name: Code }), { bucket, key: Key }),
  );
  const worst = failures.find(({ permanent }) => permanent) ?? failures[0];
  return new ObjectStoreError(
    worst?.code ?? 'UNAVAILABLE',
    `${errors.length} objects could not be deleted. ${worst?.message}`,
    { cause: new AggregateError(failures) },
  );
}

import { BatchClientError, type BatchClientErrorCode } from '../errors.ts';

export type AwsService =
  | 'AWS Batch'
  | 'CloudWatch Logs'
  | 'STS'
  | 'SSM'
  | 'Secrets Manager'
  | 'Service Quotas'
  | 'SNS'
  | 'ECR'
  | 'CloudFormation';

/** Which call failed, for the message. */
export interface AwsCall {
  readonly service: AwsService;
  /** The operation, as IAM calls it: `SubmitJob`. */
  readonly action: string;
  readonly region: string;
}

/** What the SDK hangs on its errors, as far as it is there. */
interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $retryable?: { readonly throttling?: boolean };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|UnrecognizedClientException|InvalidClientTokenId|ExpiredToken(Exception)?|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature(Exception)?|MissingAuthenticationToken(Exception)?|NotAuthorized)$/;
const SKEW = /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/;
const SKEW_TEXT = /signature (expired|not yet current)/i;
const DENIED =
  /^(AccessDenied(Exception)?|AuthorizationError(Exception)?|UnauthorizedOperation|403)$/;
const THROTTLED =
  /^(Throttl\w*|TooManyRequests\w*|RequestLimitExceeded|RequestThrottled\w*|LimitExceededException|SlowDown|BandwidthLimitExceeded|ProvisionedThroughputExceededException)$/;
const MISSING =
  /^(ResourceNotFoundException|ParameterNotFound|NotFound(Exception)?|NoSuchResourceException)$/;
/** AWS Batch has one exception for all that is the caller's fault. */
const MISSING_TEXT = /\b(not exist|not found|cannot be found|no such|not a valid|is not valid)\b/i;
const PLACE_TEXT = /\bjob ?(queue|definition)\b/i;
/** Nothing was sent. */
const NOT_SENT = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ENETDOWN)$/;

/** An error of the SDK, or of the network under it, as one sentence with what to do. */
export function awsError(error: unknown, call: AwsCall): BatchClientError {
  if (error instanceof BatchClientError) {
    return error;
  }
  const what = toSdkError(error);
  const code = codeOf(what);
  return new BatchClientError(code, sentence(code, what, call), { cause: error });
}

/** The SDK's name of an error that {@link awsError} made: `ResourceNotFoundException`. */
export function awsErrorName(error: unknown): string {
  return error instanceof BatchClientError && error.cause instanceof Error ? error.cause.name : '';
}

/** Whether the SDK has set its clock by the server's, so that the next try may succeed. */
export function isClockCorrected(error: unknown): boolean {
  return (
    error instanceof BatchClientError &&
    error.code === 'CLOCK_SKEW' &&
    toSdkError(error.cause).$metadata?.clockSkewCorrected === true
  );
}

/** Whether the service asks for fewer calls; it did nothing. */
export function isThrottling(error: unknown): boolean {
  return error instanceof BatchClientError && isThrottled(toSdkError(error.cause));
}

/**
 * Whether a call that failed may have been carried out all the same: the reply was lost, or the
 * service failed at it. A refusal, throttling, and what was never sent are certain.
 */
export function mayBeApplied(error: unknown): boolean {
  if (!(error instanceof BatchClientError) || !['UNAVAILABLE', 'ABORTED'].includes(error.code)) {
    return false;
  }
  const cause = toSdkError(error.cause);
  return !isThrottled(cause) && !NOT_SENT.test(cause.code ?? '');
}

function toSdkError(error: unknown): SdkError {
  return error instanceof Error ? error : new Error(String(error));
}

function isThrottled(error: SdkError): boolean {
  return (
    THROTTLED.test(error.name) ||
    error.$retryable?.throttling === true ||
    error.$metadata?.httpStatusCode === 429
  );
}

function codeOf(error: SdkError): BatchClientErrorCode {
  const { name, message } = error;
  const status = error.$metadata?.httpStatusCode;
  if (name === 'AbortError') {
    return 'ABORTED';
  }
  if (SKEW.test(name) || SKEW_TEXT.test(message)) {
    return 'CLOCK_SKEW';
  }
  if (CREDENTIALS.test(name)) {
    return 'CREDENTIALS';
  }
  if (/^Region is missing/.test(message) || MISSING.test(name)) {
    return 'SETTINGS';
  }
  // A reply of success that cannot be read was cut off on its way.
  if (isThrottled(error) || status === undefined || status < 400 || status >= 500) {
    return 'UNAVAILABLE';
  }
  if (DENIED.test(name) || status === 401 || status === 403) {
    return 'ACCESS_DENIED';
  }
  return MISSING_TEXT.test(message) && PLACE_TEXT.test(message) ? 'SETTINGS' : 'INVALID_INPUT';
}

function sentence(code: BatchClientErrorCode, error: SdkError, call: AwsCall): string {
  const { service, action, region } = call;
  const name = /^(Error|Exception|UnknownError)$/.test(error.name) ? '' : error.name;
  // The SDK adds lines for whoever debugs it.
  const [message = ''] = error.message.split('\n');
  const detail = [name, message]
    .filter(Boolean)
    .join(': ')
    .replace(/\.?\s*$/, '');
  switch (code) {
    case 'ABORTED':
      return `${service} ${action} was interrupted by its caller.`;
    case 'CLOCK_SKEW':
      return `${service} refuses the signature, since ${skew(error)}: set it by NTP (timedatectl set-ntp true) and try again.`;
    case 'CREDENTIALS':
      return `The AWS credentials cannot be used (${detail}): renew them (aws sso login, aws configure, or new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN) and check AWS_PROFILE.`;
    case 'ACCESS_DENIED':
      return `The credentials do not allow ${service} ${action} (${detail}): 'openevolve-aws doctor' shows whose they are; an administrator can allow it.`;
    case 'SETTINGS':
      if (/job ?definition/i.test(error.message)) {
        return `${service} refused ${action} (${detail}): check the region in the settings, or let an administrator add you to the users of the deployment.`;
      }
      return `${service} ${action} in ${region || 'no region'}: ${detail}. Check the name and the region in the settings; 'openevolve-aws doctor' shows where they come from.`;
    case 'UNAVAILABLE':
      return unavailable(error, call, detail);
    default:
      return `${service} refused ${action} (${detail}).`;
  }
}

function unavailable(
  error: SdkError,
  { service, action, region }: AwsCall,
  detail: string,
): string {
  if (isThrottled(error)) {
    return `${service} is throttling ${action} (${detail}): try again later, or ask for less at a time.`;
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return `${service} in ${region} cannot be found (${detail}): check the network, and that ${region} is a region of AWS.`;
  }
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (status < 400) {
    return `${service} cannot be reached (${detail}): check the network and AWS_ENDPOINT_URL, and try again.`;
  }
  return `${service} failed at ${action} (${detail}): try again later.`;
}

function skew(error: SdkError): string {
  const server = Date.parse(error.$response?.headers?.date ?? '');
  if (Number.isNaN(server)) {
    return "this machine's clock is wrong";
  }
  const minutes = Math.round((Date.now() - server) / 60_000);
  return `this machine's clock is ${Math.abs(minutes)} minutes ${minutes < 0 ? 'behind' : 'ahead of'} AWS's`;
}

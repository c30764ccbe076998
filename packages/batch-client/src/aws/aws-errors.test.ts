import { describe, expect, it } from 'vitest';
import { BatchClientError } from '../errors.ts';
import { awsError, awsErrorName, isClockCorrected, mayBeApplied } from './aws-errors.ts';

const call = { service: 'AWS Batch', action: 'SubmitJob', region: 'us-east-1' } as const;
const make = (name: string, status: number | undefined, message: string, more: object = {}) =>
  awsError(
    Object.assign(new Error(message), {
      name,
      $metadata: { ...(status !== undefined && { httpStatusCode: status }) },
      ...more,
    }),
    call,
  );

describe('says what happened and what to do', () => {
  it.each([
    [
      'access denied',
      make('AccessDeniedException', 403, 'User: arn:aws:iam::1:user/bob is not authorized'),
      'ACCESS_DENIED',
      'doctor',
    ],
    [
      'an expired token',
      make('ExpiredTokenException', 403, 'The security token is expired'),
      'CREDENTIALS',
      'renew',
    ],
    [
      'an unknown key',
      make('UnrecognizedClientException', 403, 'The security token is invalid'),
      'CREDENTIALS',
      'renew',
    ],
    [
      'no credentials',
      make('CredentialsProviderError', undefined, 'Could not load credentials from any providers'),
      'CREDENTIALS',
      'aws configure',
    ],
    [
      'a session of Identity Center that is over',
      make(
        'TokenProviderError',
        undefined,
        'Token is expired. To refresh this SSO session run aws sso login',
      ),
      'CREDENTIALS',
      'aws sso login',
    ],
    [
      'a wrong clock',
      make(
        'InvalidSignatureException',
        403,
        'Signature expired: 20260101T000000Z is now earlier than',
        {
          $response: { headers: { date: new Date(Date.now() + 600_000).toUTCString() } },
        },
      ),
      'CLOCK_SKEW',
      '10 minutes behind',
    ],
    [
      'a queue that is not there',
      make('ClientException', 400, 'JobQueue x-job-queue not found.'),
      'SETTINGS',
      'region',
    ],
    [
      "an owner's definition that is not there",
      make(
        'ClientException',
        400,
        'JobDefinition name openevolve-prod-job-eve does not exist or is not in ACTIVE status',
      ),
      'SETTINGS',
      'add you to the users',
    ],
    ['a parameter that is not there', make('ParameterNotFound', 400, ''), 'SETTINGS', 'us-east-1'],
    ['no region', make('Error', undefined, 'Region is missing'), 'SETTINGS', 'region'],
    [
      'throttling',
      make('TooManyRequestsException', 429, 'Too Many Requests'),
      'UNAVAILABLE',
      'throttling',
    ],
    ['a fault of AWS', make('ServerException', 500, 'Internal error'), 'UNAVAILABLE', 'try again'],
    [
      'no network, or a region that is none',
      make('Error', undefined, 'getaddrinfo ENOTFOUND batch.us-esat-1.amazonaws.com', {
        code: 'ENOTFOUND',
      }),
      'UNAVAILABLE',
      'is a region',
    ],
    [
      'a refused value',
      make('ClientException', 400, 'vCPUs must be positive'),
      'INVALID_INPUT',
      'vCPUs',
    ],
    ['an interruption', make('AbortError', undefined, 'Request aborted'), 'ABORTED', 'interrupted'],
  ])('%s', (_, error, code, hint) => {
    expect(error).toMatchObject({ code, permanent: code !== 'UNAVAILABLE' });
    expect(error.message).toContain(hint);
    expect(error.message).toMatch(/\.$/);
    expect(error.message).not.toContain('\n');
  });
});

it('knows which failures may hide a call that was carried out', () => {
  const lost = make('TimeoutError', undefined, 'socket hang up', { code: 'ECONNRESET' });
  const refused = make('Error', undefined, 'connect ECONNREFUSED', { code: 'ECONNREFUSED' });
  expect(mayBeApplied(lost)).toBe(true);
  const cutOff = make('Error', 200, 'aborted\n  Deserialization error', { code: 'ECONNRESET' });
  expect(cutOff.message).toContain('(aborted)');
  expect(mayBeApplied(cutOff)).toBe(true);
  expect(mayBeApplied(make('ServerException', 500, ''))).toBe(true);
  expect(mayBeApplied(make('AbortError', undefined, ''))).toBe(true);
  expect(mayBeApplied(refused)).toBe(false);
  expect(mayBeApplied(make('ThrottlingException', 400, ''))).toBe(false);
  expect(mayBeApplied(make('AccessDeniedException', 403, ''))).toBe(false);
});

it('tells when the SDK has set its clock', () => {
  const skewed = (clockSkewCorrected: boolean) =>
    awsError(
      Object.assign(new Error(''), {
        name: 'RequestTimeTooSkewed',
        $metadata: { httpStatusCode: 403, clockSkewCorrected },
      }),
      call,
    );
  expect(isClockCorrected(skewed(true))).toBe(true);
  expect(isClockCorrected(skewed(false))).toBe(false);
});

it("keeps the SDK's name, and passes its own errors through", () => {
  expect(awsErrorName(make('ParameterNotFound', 400, ''))).toBe('ParameterNotFound');
  const own = new BatchClientError('CONFLICT', 'x');
  expect(awsError(own, call)).toBe(own);
});

import type { Differences } from '../src/testing/contract/define-cases.ts';

export type S3ServerName = 'moto' | 'ministack' | 'versitygw' | 'MinIO';

interface ServerDifferences {
  readonly contract: Differences;
  readonly s3: Differences;
}

const BESIDE = 'keeps an object beside those whose keys begin with its own and a slash';
const REGION = 'names the region of a bucket that lies in another one';
const ACCESS_KEY = 'refuses an unknown access key, in every call';
const SECRET = 'refuses a wrong secret';
const CLOCK = 'refuses a request that was signed by a wrong clock';
const notElsewhere = /to match object \{ code: 'WRONG_REGION'/;
const notRefused = /to match object \{ code: 'CREDENTIALS'/;
const resolved = /promise resolved .* instead of rejecting/;

/** What each server does otherwise than Amazon S3. */
export const differences: Readonly<Record<S3ServerName, ServerDifferences>> = {
  moto: {
    contract: {
      // It answers 500 when the tags of a missing object are deleted.
      'says NOT_FOUND for the tags of a missing object': /to match object \{ code: 'NOT_FOUND'/,
    },
    s3: {
      [REGION]: notElsewhere,
      [ACCESS_KEY]: notRefused,
      [SECRET]: notRefused,
      [CLOCK]: resolved,
      'refuses a body that is not what its checksum says': resolved,
    },
  },
  ministack: {
    contract: {
      // A new object inherits the tags of the one before it.
      'has no tags on an object that was written again': /to deeply equal/,
    },
    s3: { [ACCESS_KEY]: notRefused, [SECRET]: notRefused, [CLOCK]: resolved },
  },
  versitygw: {
    contract: {},
    s3: {
      // Objects are files.
      [BESIDE]: /ExistingObjectIsDirectory/,
      // An unknown access key gives 404 XAdminUserNotFound.
      [ACCESS_KEY]: notRefused,
    },
  },
  MinIO: {
    contract: {},
    s3: {
      [REGION]: notElsewhere,
      // It takes both, and lists only the shorter one.
      [BESIDE]: /to deeply equal/,
    },
  },
};

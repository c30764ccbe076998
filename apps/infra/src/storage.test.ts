import { retentionTag } from '@openevolve-aws/s3-layout';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { mainTemplate } from '../tests/synthesize.ts';

interface LifecycleRule {
  readonly Id: string;
  readonly Status: string;
  readonly TagFilters?: readonly { readonly Key: string; readonly Value: string }[];
  readonly Transitions?: readonly {
    readonly StorageClass: string;
    readonly TransitionInDays: number;
  }[];
  readonly ExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
}

const template = mainTemplate();
const buckets = template.findResources('AWS::S3::Bucket');

function rulesOf(logicalId: string): LifecycleRule[] {
  return buckets[logicalId]?.Properties.LifecycleConfiguration.Rules;
}

/** What becomes of an object with a state, by the day: a storage class, or `gone`. */
function fateOf(bucket: string, state: string | null): Record<number, string> {
  const matching = rulesOf(bucket).filter(
    ({ Status, TagFilters = [] }) =>
      Status === 'Enabled' &&
      TagFilters.every(({ Key, Value }) => Key === retentionTag.key && Value === state),
  );
  return Object.fromEntries(
    matching.flatMap(({ Transitions = [], ExpirationInDays }) => [
      ...Transitions.map((it) => [it.TransitionInDays, it.StorageClass]),
      ...(ExpirationInDays === undefined ? [] : [[ExpirationInDays, 'gone']]),
    ]),
  );
}

describe.each(['Inputs', 'Outputs'])('the bucket %s', (logicalId) => {
  it('is private, encrypted and owned by its account alone', () => {
    expect(buckets[logicalId]?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
    });
  });

  it('stays when the stack is deleted or the bucket is replaced, unless the stack was never made', () => {
    expect(buckets[logicalId]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it.each([
    ['plain HTTP', { Bool: { 'aws:SecureTransport': 'false' } }],
    ['TLS below 1.2', { NumericLessThan: { 's3:TlsVersion': 1.2 } }],
  ])('denies everything over %s', (_, condition) => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: logicalId },
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:*',
            Resource: [
              { 'Fn::GetAtt': [logicalId, 'Arn'] },
              { 'Fn::Join': ['', [{ 'Fn::GetAtt': [logicalId, 'Arn'] }, '/*']] },
            ],
            Condition: condition,
          },
        ]),
      },
    });
  });

  it('drops uploads that were cut off after a day', () => {
    expect(rulesOf(logicalId)).toContainEqual({
      Id: 'abandoned-uploads',
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    });
  });

  it('keeps what a running or interrupted job needs where it is, for ever', () => {
    expect(fateOf(logicalId, null)).toEqual({});
  });
});

describe('the outputs', () => {
  it('of finished jobs get cheaper, and are archived after half a year', () => {
    expect(fateOf('Outputs', retentionTag.finished)).toEqual({
      30: 'STANDARD_IA',
      90: 'GLACIER_IR',
      180: 'DEEP_ARCHIVE',
    });
  });

  it('from which a job can be resumed get cheaper, stay readable at once, and never go', () => {
    expect(fateOf('Outputs', retentionTag.resumable)).toEqual({
      30: 'STANDARD_IA',
      90: 'GLACIER_IR',
    });
  });

  it('of failed jobs go after two weeks, replaced ones the next day', () => {
    expect(fateOf('Outputs', retentionTag.failed)).toEqual({ 14: 'gone' });
    expect(fateOf('Outputs', retentionTag.superseded)).toEqual({ 1: 'gone' });
  });

  it('can be brought back for a day', () => {
    expect(buckets.Outputs?.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(rulesOf('Outputs')).toContainEqual({
      Id: 'undelete-window',
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      ExpiredObjectDeleteMarker: true,
    });
  });

  it('change class in steps that S3 takes: not before 30 days, and 30 days apart', () => {
    for (const { Transitions = [] } of rulesOf('Outputs')) {
      let earliest = 30;
      for (const { TransitionInDays } of Transitions) {
        expect(TransitionInDays).toBeGreaterThanOrEqual(earliest);
        earliest = TransitionInDays + 30;
      }
    }
  });
});

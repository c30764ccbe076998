import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { InfraError } from './errors.ts';
import { featureFlags } from './feature-flags.ts';
import { OpenEvolveStack } from './openevolve-stack.ts';

interface LifecycleRule {
  readonly Id: string;
  readonly TagFilters?: readonly { readonly Key: string; readonly Value: string }[];
  readonly Transitions?: readonly {
    readonly StorageClass: string;
    readonly TransitionInDays: number;
  }[];
  readonly ExpirationInDays?: number;
}

const app = createApp();
const template = Template.fromStack(app.node.findChild('OpenEvolve') as OpenEvolveStack);
const buckets = template.findResources('AWS::S3::Bucket');

function rulesOf(logicalId: string): LifecycleRule[] {
  return buckets[logicalId]?.Properties.LifecycleConfiguration.Rules;
}

describe('OpenEvolveStack', () => {
  it('holds the two buckets and their policies, and nothing else', () => {
    expect(Object.keys(buckets).sort()).toEqual(['Inputs', 'Outputs']);
    template.resourceCountIs('AWS::S3::BucketPolicy', 2);
    expect(Object.keys(template.toJSON().Resources)).toHaveLength(4);
  });

  it('is named after its environment', () => {
    const named = new App({ postCliContext: { ...featureFlags, environment: 'lab' } });
    expect(new OpenEvolveStack(named, 'S', { environment: 'lab' }).stackName).toBe(
      'openevolve-lab',
    );
  });

  it.each(['', 'Prod', '1st', 'a_b', 'seventeen-letters'])(
    'refuses the environment %j, which names cannot hold',
    (environment) => {
      expect(() => new OpenEvolveStack(new App(), 'S', { environment })).toThrow(InfraError);
    },
  );

  it('tells both bucket names as outputs', () => {
    template.hasOutput('InputBucket', { Value: { Ref: 'Inputs' } });
    template.hasOutput('OutputBucket', { Value: { Ref: 'Outputs' } });
  });
});

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

  it('stays when the stack is deleted or the bucket is replaced', () => {
    expect(buckets[logicalId]).toMatchObject({
      DeletionPolicy: 'Retain',
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

  it('expires or moves an object only when it is tagged as finished, failed or superseded', () => {
    const touching = rulesOf(logicalId).filter(
      (rule) => rule.ExpirationInDays !== undefined || rule.Transitions !== undefined,
    );
    expect(touching.map((rule) => rule.TagFilters)).toEqual(
      touching.map(({ Id }) => [{ Key: 'openevolve-state', Value: Id }]),
    );
    expect(['finished', 'failed', 'superseded']).toEqual(
      expect.arrayContaining(touching.map(({ Id }) => Id)),
    );
  });
});

describe('the outputs', () => {
  it('are versioned, and overwritten versions go after a week', () => {
    expect(buckets.Outputs?.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(rulesOf('Outputs')).toContainEqual({
      Id: 'undelete-window',
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      ExpiredObjectDeleteMarker: true,
    });
  });

  it('of finished jobs get cheaper after 30 days, in a class that is read at once, and never go', () => {
    const finished = rulesOf('Outputs').find(({ Id }) => Id === 'finished');
    expect(finished?.Transitions).toEqual([{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }]);
    expect(finished?.ExpirationInDays).toBeUndefined();
  });

  it('never enter an archive class', () => {
    const classes = rulesOf('Outputs').flatMap((rule) => rule.Transitions ?? []);
    expect(new Set(classes.map(({ StorageClass }) => StorageClass))).toEqual(
      new Set(['STANDARD_IA']),
    );
  });

  it('of failed jobs are kept for half a year, replaced ones for a week', () => {
    const days = Object.fromEntries(
      rulesOf('Outputs').map(({ Id, ExpirationInDays }) => [Id, ExpirationInDays]),
    );
    expect(days).toMatchObject({ failed: 180, superseded: 7 });
  });
});

describe('featureFlags', () => {
  it('decide every flag of this CDK release, as it recommends but for one', () => {
    expect(featureFlags).toEqual({
      ...recommended,
      '@aws-cdk/aws-ec2:restrictDefaultSecurityGroup': false,
    });
  });

  it('hold in the app whatever the command line says', () => {
    for (const [flag, value] of Object.entries(featureFlags)) {
      expect(app.node.tryGetContext(flag), flag).toEqual(value);
    }
  });
});

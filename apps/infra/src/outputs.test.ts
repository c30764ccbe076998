import { guideOutputs, outputOfAccessKey } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { mainTemplate } from '../tests/synthesize.ts';

it("has the guide's outputs under the guide's names", () => {
  expect(
    guideOutputs({
      EcrRepositoryUrl: '111122223333.dkr.ecr.us-east-1.amazonaws.com/openevolve-prod',
      InputBucket: 'openevolve-prod-inputs-x',
      OutputBucket: 'openevolve-prod-outputs-x',
      JobQueue: 'openevolve-prod-queue',
      JobDefinition: 'openevolve-prod-job',
      Region: 'us-east-1',
      GeminiSecretArn: 'arn:secret',
      [outputOfAccessKey('alice')]: 'arn:alice',
    }),
  ).toEqual({
    ecr_repository_url: '111122223333.dkr.ecr.us-east-1.amazonaws.com/openevolve-prod',
    cli_config: {
      OPENEVOLVE_INPUT_BUCKET: 'openevolve-prod-inputs-x',
      OPENEVOLVE_OUTPUT_BUCKET: 'openevolve-prod-outputs-x',
      OPENEVOLVE_JOB_QUEUE: 'openevolve-prod-queue',
      OPENEVOLVE_JOB_DEFINITION: 'openevolve-prod-job',
      AWS_DEFAULT_REGION: 'us-east-1',
    },
    gemini_secret_arn: 'arn:secret',
    user_credentials: { alice: 'arn:alice' },
  });
});

it('reads outputs that the template has', () => {
  const outputs: Record<string, unknown> = mainTemplate({ accessKeys: ['bob'] }).toJSON().Outputs;
  expect(Object.keys(outputs).sort()).toEqual([
    'AccessKeybob',
    'EcrRepositoryUrl',
    'GeminiSecretArn',
    'InputBucket',
    'JobDefinition',
    'JobQueue',
    'OutputBucket',
    'Region',
  ]);
});

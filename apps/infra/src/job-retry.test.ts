import { App, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EcsEc2ContainerDefinition, EcsJobDefinition } from 'aws-cdk-lib/aws-batch';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { expect, it } from 'vitest';
import { featureFlags } from './feature-flags.ts';
import { jobRetry } from './job-retry.ts';

interface EvaluateOnExit {
  readonly Action: string;
  readonly OnExitCode?: string;
  readonly OnStatusReason?: string;
}

const stack = new Stack(new App({ postCliContext: { ...featureFlags } }), 'S');
new EcsJobDefinition(stack, 'Job', {
  container: new EcsEc2ContainerDefinition(stack, 'Container', {
    image: ContainerImage.fromRegistry('openevolve'),
    cpu: 1,
    memory: Size.mebibytes(512),
  }),
  ...jobRetry(),
});
const [job] = Object.values(Template.fromStack(stack).findResources('AWS::Batch::JobDefinition'));
const strategy: { Attempts: number; EvaluateOnExit: EvaluateOnExit[] } =
  job?.Properties.RetryStrategy;

it('gives a job definition ten attempts and the rules in their order', () => {
  expect(strategy).toEqual({
    Attempts: 10,
    EvaluateOnExit: [
      { Action: 'RETRY', OnExitCode: '75' },
      { Action: 'RETRY', OnStatusReason: 'Host EC2*' },
      { Action: 'EXIT', OnExitCode: '6*' },
      { Action: 'EXIT', OnExitCode: '7*' },
      { Action: 'EXIT', OnExitCode: '1' },
    ],
  });
});

it('stays within what AWS Batch takes: five rules, digits or text with one * at the end', () => {
  expect(strategy.EvaluateOnExit.length).toBeLessThanOrEqual(5);
  for (const { OnExitCode, OnStatusReason } of strategy.EvaluateOnExit) {
    expect(OnExitCode ?? '1').toMatch(/^\d+\*?$/);
    expect(OnStatusReason ?? 'Host').toMatch(/^[A-Za-z0-9.: ]+\*?$/);
  }
});

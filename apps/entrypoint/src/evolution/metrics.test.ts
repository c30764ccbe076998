import { expect, it, vi } from 'vitest';
import { embeddedMetrics, type Metrics } from './metrics.ts';

const metrics = {
  bestScore: 0.8,
  iterationThroughput: 12,
  llmCallSuccessRate: 0.9,
  lastCommitAgeSeconds: 14.2,
  lossWindowIterations: 3,
  llmLatencyMs: { p50: 900, p99: 2_500 },
  llmTokensPerMinute: 12_000,
  llmUsd: 0.25,
  throughput: {
    candidatesPerHour: 1_800,
    workers: 20,
    limitedBy: 'evaluation',
    slots: 2,
    model: 16,
    waiting: 2,
    evaluating: 2,
    modelSeconds: 20,
    evaluationSeconds: 2,
    workerMib: 30,
    vcpusUsed: 1.9,
  },
} satisfies Metrics;

it('is one line that names every figure it holds, in the namespace OpenEvolve', () => {
  const at = new Date(1_767_225_600_000);
  const line = embeddedMetrics('alice', '0a1b2c3d', metrics, at, 'lab');
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({
    _aws: {
      Timestamp: 1_767_225_600_000,
      CloudWatchMetrics: [
        {
          Namespace: 'OpenEvolve',
          Dimensions: [
            ['Environment', 'Owner'],
            ['Environment', 'Owner', 'JobShortId'],
          ],
          Metrics: [
            { Name: 'BestScore', Unit: 'None' },
            { Name: 'IterationThroughput', Unit: 'None' },
            { Name: 'LLMCallSuccessRate', Unit: 'None' },
            { Name: 'LastCommitAge', Unit: 'Seconds' },
            { Name: 'LossWindowIterations', Unit: 'Count' },
            { Name: 'LLMLatencyP50', Unit: 'Milliseconds' },
            { Name: 'LLMLatencyP99', Unit: 'Milliseconds' },
            { Name: 'LLMTokensPerMinute', Unit: 'None' },
            { Name: 'LLMUsd', Unit: 'None' },
            { Name: 'CandidatesPerHour', Unit: 'None' },
            { Name: 'Workers', Unit: 'Count' },
            { Name: 'WorkersWaitingForModel', Unit: 'Count' },
            { Name: 'WorkersWaitingForSlot', Unit: 'Count' },
            { Name: 'Evaluations', Unit: 'Count' },
            { Name: 'VcpusUsed', Unit: 'None' },
          ],
        },
      ],
    },
    Environment: 'lab',
    Owner: 'alice',
    JobShortId: '0a1b2c3d',
    BestScore: 0.8,
    LastCommitAge: 14.2,
  });
});

it('is of the environment that the job definition names, and else of this machine', () => {
  const environment = () =>
    JSON.parse(embeddedMetrics('alice', '0a1b2c3d', metrics, new Date())).Environment;
  expect(environment()).toBe('local');
  vi.stubEnv('OPENEVOLVE_ENVIRONMENT', 'prod');
  expect(environment()).toBe('prod');
  vi.unstubAllEnvs();
});

it('leaves out what has no figure yet', () => {
  const line = embeddedMetrics(
    'alice',
    '0a1b2c3d',
    { ...metrics, bestScore: null, llmUsd: null, throughput: null },
    new Date(),
  );
  expect(JSON.parse(line)).not.toHaveProperty('BestScore');
  expect(line).not.toContain('"Name":"BestScore"');
  expect(line).not.toContain('LLMUsd');
  expect(line).not.toContain('Workers');
});

import { expect, it } from 'vitest';
import { runnerEnvironment } from './environment.ts';

const container = {
  PATH: '/usr/bin',
  GEMINI_API_KEY: 'AIza-key',
  OPENAI_API_KEY: 'sk-key',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/uuid',
  AWS_SECRET_ACCESS_KEY: 'secret',
  ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4',
  S3_INPUT_PREFIX: 's3://bucket/users/alice/0a1b2c3d/input',
  HOME: '/root',
  LD_PRELOAD: '/tmp/x.so',
};

const gateway = { url: 'http://127.0.0.1:4000/v1', token: 'run-token' };

it('gives evolved code neither keys nor the way to credentials', () => {
  const environment = runnerEnvironment(container, '/work', {}, gateway);
  expect(Object.keys(environment).sort()).toEqual([
    'HOME',
    'MKL_NUM_THREADS',
    'OMP_NUM_THREADS',
    'OPENAI_API_KEY',
    'OPENAI_BASE_URL',
    'OPENBLAS_NUM_THREADS',
    'PATH',
    'PYTHONUNBUFFERED',
    'TMPDIR',
  ]);
  expect(environment).toMatchObject({ PATH: '/usr/bin', HOME: '/work', OMP_NUM_THREADS: '1' });
  expect(JSON.stringify(environment)).not.toMatch(/AIza-key|sk-key|secret/);
});

it("takes the job's own variables, which may set the threads", () => {
  const environment = runnerEnvironment(
    container,
    '/work',
    { DATA: 'x', OMP_NUM_THREADS: '4' },
    gateway,
  );
  expect(environment).toMatchObject({ DATA: 'x', OMP_NUM_THREADS: '4' });
});

it('gives evaluators that ask a model the gateway and its token, whatever the container has', () => {
  expect(runnerEnvironment(container, '/work', {}, gateway)).toMatchObject({
    OPENAI_BASE_URL: gateway.url,
    OPENAI_API_KEY: gateway.token,
  });
});

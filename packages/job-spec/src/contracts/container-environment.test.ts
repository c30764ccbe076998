import { expect, it } from 'vitest';
import { parseContainerEnvironment } from './container-environment.ts';

const least = {
  S3_INPUT_PREFIX: 's3://inputs-bucket/users/alice/0a1b2c3d/input',
  S3_OUTPUT_PREFIX: 'file:///var/outputs/users/alice/0a1b2c3d/output',
  JOB_OWNER: 'alice',
  JOB_SHORT_ID: '0a1b2c3d',
};

it('fills in what the image sets up', () => {
  const environment = parseContainerEnvironment({ ...least, AWS_BATCH_JOB_ATTEMPT: '2' });
  expect(environment.OPENEVOLVE_PYTHON).toBe('/opt/venv/bin/python');
  expect(environment.AWS_BATCH_JOB_ATTEMPT).toBe(2);
});

it('takes an empty variable for one that is not set', () => {
  expect(
    parseContainerEnvironment({ ...least, GEMINI_API_KEY: '' }).GEMINI_API_KEY,
  ).toBeUndefined();
});

it.each([
  ['S3_INPUT_PREFIX', 'http://example.com/x'],
  ['JOB_OWNER', 'Alice'],
  ['JOB_SHORT_ID', '../../etc'],
  ['AWS_BATCH_JOB_ATTEMPT', '0'],
])('names the variable %s when it cannot be used', (name, value) => {
  expect(() => parseContainerEnvironment({ ...least, [name]: value })).toThrow(name);
});

it('never repeats a key in its message', () => {
  const key = 'AIza-secret';
  let message = '';
  try {
    parseContainerEnvironment({ ...least, JOB_OWNER: '!', GEMINI_API_KEY: key });
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('JOB_OWNER');
  expect(message).not.toContain(key);
});

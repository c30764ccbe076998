import { randomInt } from 'node:crypto';
import { secretsOf } from '@openevolve-aws/batch-client';
import type { JobModel } from '@openevolve-aws/job-spec';

/**
 * Where a job's programs come from: a provider, or the offline model when it is asked for, or when
 * a job on this machine has no key.
 */
export function chooseModel(
  backend: 'aws' | 'local',
  offline: boolean,
  notice: (line: string) => void,
): JobModel {
  const hasKey = Object.keys(secretsOf(process.env)).length > 0;
  if (!offline && (backend === 'aws' || hasKey)) {
    return { kind: 'provider' };
  }
  if (!offline) {
    notice(
      'No GEMINI_API_KEY or OPENAI_API_KEY is set: using the offline model, a seeded search that is not an LLM.',
    );
  }
  return { kind: 'offline', seed: randomInt(2 ** 31), latencyMs: 0 };
}

import { randomInt } from 'node:crypto';
import { secretsOf } from '@openevolve-aws/batch-client';
import type { JobModel } from '@openevolve-aws/job-spec';

export interface ModelChoice {
  readonly model: JobModel;
  /** What the user should know of a choice that was made for them. */
  readonly notice: string | null;
}

/**
 * Where a job's programs come from: a provider, or the offline model when it is asked for, or when
 * a job on this machine has no key.
 */
export function chooseModel(backend: 'aws' | 'local', offline: boolean): ModelChoice {
  const hasKey = Object.keys(secretsOf(process.env)).length > 0;
  if (!offline && (backend === 'aws' || hasKey)) {
    return { model: { kind: 'provider' }, notice: null };
  }
  return {
    model: { kind: 'offline', seed: randomInt(2 ** 31), latencyMs: 0 },
    notice: offline
      ? null
      : 'No GEMINI_API_KEY or OPENAI_API_KEY is set: using the offline model, a seeded search that is not an LLM.',
  };
}

import { randomInt } from 'node:crypto';
import { canAskAProvider } from '@openevolve-aws/batch-client';
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
export async function chooseModel(
  backend: 'aws' | 'local',
  offline: boolean,
  config: string | undefined,
): Promise<ModelChoice> {
  if (!offline && (backend === 'aws' || (await canAskAProvider(process.env, config)))) {
    return { model: { kind: 'provider' }, notice: null };
  }
  return {
    model: { kind: 'offline', seed: randomInt(2 ** 31), latencyMs: 0 },
    notice: offline
      ? null
      : 'No GEMINI_API_KEY or OPENAI_API_KEY is set, nor a key that the config names: using the offline model, a seeded search that is not an LLM.',
  };
}

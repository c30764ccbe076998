import type { JobRequest } from './job.ts';
import type { ModelServer } from './model-server.ts';

export const COMMIT_INTERVAL_SECONDS = 1;

/** A job whose population is so small that MAP-Elites displaces programs all the time. */
export function jobRequest(model: ModelServer, iterations: number): JobRequest {
  return {
    iterations,
    vcpus: 3,
    commitIntervalSeconds: COMMIT_INTERVAL_SECONDS,
    config: {
      // Only then does OpenEvolve name the programs that it displaces.
      log_level: 'DEBUG',
      llm: model.llm,
      database: {
        population_size: 30,
        archive_size: 10,
        num_islands: 3,
        feature_bins: 4,
        migration_interval: 5,
      },
    },
  };
}

import { rm } from 'node:fs/promises';
import { submitJob } from './job.ts';
import { jobRequest } from './job-request.ts';
import { KilledJob, type KillResult } from './killed-job.ts';
import { startModelServer } from './model-server.ts';
import { Random } from './random.ts';

export interface CampaignOptions {
  readonly kills: number;
  readonly seed: number;
  /** Jobs are kept in here when something is wrong with them. */
  readonly folder: string;
  readonly bundle: string;
  readonly iterations: number;
  readonly print: (line: string) => void;
}

export interface CampaignResult {
  readonly results: readonly KillResult[];
  readonly violations: readonly string[];
  readonly jobsDone: number;
}

/** Runs jobs and kills their attempts until there were enough kills, and then the last job to its end. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const random = new Random(options.seed);
  const model = await startModelServer(options.seed, { latencyMs: [50, 300], failures: 0.1 }, () =>
    random.next(),
  );
  try {
    const results: KillResult[] = [];
    const violations: string[] = [];
    let jobsDone = 0;
    while (results.length < options.kills && violations.length === 0) {
      const job = await submitJob(options.folder, jobRequest(model, options.iterations));
      const killed = new KilledJob(job, options, random);
      const wrong = await killed.run(options.kills - results.length);
      results.push(...killed.results);
      violations.push(...wrong.map((what) => `job ${job.id}: ${what}`));
      if (wrong.length === 0) {
        jobsDone += 1;
        await rm(job.folder, { recursive: true });
      }
    }
    return { results, violations, jobsDone };
  } finally {
    await model.close();
  }
}

import { join } from 'node:path';
import type { Settings } from '@openevolve-aws/job-spec';
import { collect } from '@openevolve-aws/object-store/testing';
import type { Server } from '@openevolve-aws/test-servers';
import { openAwsBackend } from '../src/aws/aws-backend.ts';
import { awsClients } from '../src/aws/clients.ts';
import { listJobs } from '../src/jobs/list-jobs.ts';
import { submitJob } from '../src/jobs/submit-job.ts';

export interface FaultReport {
  readonly jobs: number;
  readonly lostReplies: number;
  readonly throttled: number;
  /** Jobs that AWS Batch never got. */
  readonly missing: number;
  /** Jobs that AWS Batch got more than once. */
  readonly twice: number;
  readonly notListed: number;
  readonly seconds: number;
}

/**
 * Submits jobs, ten at a time, while every fourth call of SubmitJob is carried out without a reply
 * and every fourth of the rest is throttled, and counts what AWS Batch has in the end.
 *
 * `AWS_ENDPOINT_URL` must lead to the proxy; `program.py` and `evaluator.py` lie in the folder.
 */
export async function submitThroughFaults(options: {
  readonly microburst: Server;
  readonly settings: Settings;
  readonly owner: string;
  readonly jobs: number;
  readonly folder: string;
}): Promise<FaultReport> {
  const { microburst, settings, owner, jobs, folder } = options;
  const control = `${microburst.url}/_microburst`;
  await fetch(`${control}/fired`, { method: 'DELETE' });
  const rule = { service: 'batch', operation: 'SubmitJob', sequence: { fail: 1, pass: 3 } };
  const set = await fetch(`${control}/rules`, {
    method: 'POST',
    body: JSON.stringify([
      { ...rule, response: { abort_frac: 0 } },
      { ...rule, error: { code: 'ThrottlingException', status: 429 } },
    ]),
  });
  if (!set.ok) {
    throw new Error(`microburst refuses the rules: ${await set.text()}`);
  }
  const backend = await openAwsBackend({
    settings,
    pace: { submit: { deadlineMs: 30_000, baseDelayMs: 20, looksMs: [0, 50, 100] } },
  });
  const began = performance.now();
  const submitted: string[] = [];
  const numbers = Array.from({ length: jobs }, (_, index) => index).values();
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (const number of numbers) {
        const { jobId } = await submitJob(backend, {
          owner,
          program: join(folder, 'program.py'),
          evaluator: join(folder, 'evaluator.py'),
          name: `fault-${number}`,
          model: { kind: 'provider' },
        });
        submitted.push(jobId);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const fired = (await (await fetch(`${control}/fired`)).json()) as Record<string, unknown>[];
  await fetch(`${control}/rules`, { method: 'POST', body: '[]' });

  const batch = await awsClients({ region: settings.region }).batch();
  const { jobSummaryList = [] } = await batch.listJobs({
    jobQueue: settings.jobQueue,
    filters: [{ name: 'JOB_NAME', values: ['fault-*'] }],
  });
  const counts = submitted.map(
    (id) => jobSummaryList.filter(({ jobName }) => jobName?.includes(`-${id}-`)).length,
  );
  const listed = new Set((await collect(listJobs(backend, owner))).map(({ jobId }) => jobId));
  const throttled = fired.filter((event) => JSON.stringify(event).includes('Throttling')).length;
  return {
    jobs,
    lostReplies: fired.length - throttled,
    throttled,
    missing: counts.filter((count) => count === 0).length,
    twice: counts.filter((count) => count > 1).length,
    notListed: submitted.filter((id) => !listed.has(id)).length,
    seconds,
  };
}

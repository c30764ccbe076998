import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { JobLog } from '@openevolve-aws/checkpoint-sync';
import { containerExit } from '@openevolve-aws/job-spec';
import { type Attempt, startAttempt } from './attempt.ts';
import { readEvolutionLog } from './evolution-log.ts';
import { submitJob } from './job.ts';
import { jobRequest } from './job-request.ts';
import { startModelServer } from './model-server.ts';
import { leftoversOf } from './process-tree.ts';
import { Random } from './random.ts';
import { populationOf, readStanding, verifyAttempt, verifyJob } from './verify.ts';

const ITERATIONS = 24;

/**
 * Two submissions of one job at once: the second takes the job over, the first ends with 72, and
 * nothing that it had not committed before shows.
 *
 * @param headStartMs of the first submission.
 * @returns what was wrong.
 */
export async function runRivals(
  folder: string,
  bundle: string,
  seed: number,
  headStartMs: number,
): Promise<string[]> {
  const random = new Random(seed);
  const behaviour = { latencyMs: [50, 300], failures: 0.1 } as const;
  const model = await startModelServer(seed, behaviour, () => random.next());
  try {
    // It must last longer than the head start.
    const fields = { workers: 2 };
    const job = await submitJob(folder, { ...jobRequest(model, ITERATIONS), fields });
    const nothing = await readStanding(job);
    const one = await startAttempt(job, 1, { bundle, submission: 1 });
    await delay(headStartMs);
    const two = await startAttempt(job, 1, { bundle, submission: 2 });
    const exits = [await one.exited, await two.exited];
    const codes = exits.map(({ code }) => code).sort();
    if (codes[0] !== containerExit.DONE || codes[1] !== containerExit.SUPERSEDED) {
      return [`two submissions at once ended with ${codes.join(' and ')}, not with 0 and 72`];
    }
    const [winner, loser] = exits[0]?.code === containerExit.DONE ? [one, two] : [two, one];
    const problems: string[] = [];
    const after = await readStanding(job);
    const generation = after.state.claim?.generation ?? 0;
    const { records } = await JobLog.open(job.outputs);
    const late = records.filter(
      ({ seq, entry }) => seq > generation && entry?.generation !== generation,
    );
    if (late.length > 0) {
      problems.push(`log entries ${late.map(({ seq }) => seq)} are of the superseded attempt`);
    }
    // What the first committed before the claim is the second's to go on from.
    const inherited = after.state.commits.findLast(({ seq }) => seq < generation) ?? null;
    const taken = {
      commit: inherited,
      population: await populationOf(job, inherited),
      problems: [],
    };
    const logOf = ({ work }: Attempt) => readEvolutionLog(join(work, 'output'));
    const first = verifyAttempt(nothing, taken, await logOf(loser));
    const second = verifyAttempt(taken, after, await logOf(winner));
    problems.push(...first.violations, ...second.violations);
    const totals = {
      committed: [...first.committed, ...second.committed],
      failed: first.failed + second.failed,
    };
    problems.push(...(await verifyJob(job, after, totals)));
    for (const { work } of [one, two]) {
      if ((await leftoversOf(work, 2_000)).length > 0) {
        problems.push('processes are left over');
      }
    }
    return problems;
  } finally {
    await model.close();
  }
}

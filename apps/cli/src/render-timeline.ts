import type { BatchAttempt, JobView } from '@openevolve-aws/batch-client';
import type { AttemptRecord } from '@openevolve-aws/job-spec';

interface Event {
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}

/** What happened to a job, oldest first, in plain words; times are UTC. Pure. */
export function renderTimeline({ job, batch, attempts }: JobView): string[] {
  const events: Event[] = [{ at: job.createdAt, text: 'submitted' }];
  attempts.forEach((attempt, index) => {
    events.push(...eventsOf(attempt, index + 1));
  });
  if (batch.submission > 1) {
    events.push({ at: batch.createdAt, text: `resumed as submission ${batch.submission}` });
  }
  const told = attempts.filter(({ submission }) => submission === batch.submission);
  for (const attempt of batch.attempts) {
    if (!told.some(({ batchAttempt }) => batchAttempt === attempt.number)) {
      events.push(...eventsOfUntold(attempt));
    }
  }
  return events
    .sort((a, b) => a.at.localeCompare(b.at))
    .map(({ at, text }) => `${at.slice(0, 19).replace('T', ' ')}  ${text}`);
}

function eventsOf(attempt: AttemptRecord, number: number): Event[] {
  const { startedAt, resumedFrom, machine, ended } = attempt;
  const where = machine.instanceType === null ? '' : ` on ${machine.instanceType}`;
  const from = resumedFrom
    ? `from commit ${resumedFrom.commit} with ${resumedFrom.iterationsDone} iterations`
    : 'from the beginning';
  const began = { at: startedAt, text: `attempt ${number} began${where}, ${from}` };
  if (ended === null) {
    return [began];
  }
  const code = ended.exitCode === null ? '' : ` (exit ${ended.exitCode})`;
  return [
    began,
    {
      at: ended.at,
      text: `attempt ${number} ended with ${ended.iterationsDone} iterations, ${lost(ended.iterationsLost)}: ${ended.reason}${code}`,
    },
  ];
}

/** An attempt without a record of its own: its container never came so far. */
function eventsOfUntold(attempt: BatchAttempt): Event[] {
  const { number, startedAt, stoppedAt, reason } = attempt;
  if (stoppedAt === null) {
    return startedAt === null
      ? []
      : [{ at: startedAt, text: `container ${number} of the submission began` }];
  }
  const text = `container ${number} of the submission ended before it claimed the job`;
  return [{ at: stoppedAt, text: reason === null ? text : `${text}: ${reason}` }];
}

function lost(iterations: number | null): string {
  return iterations === null
    ? 'an unknown number lost'
    : iterations === 0
      ? 'none lost'
      : `${iterations} lost`;
}

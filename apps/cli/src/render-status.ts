import type { JobView } from '@openevolve-aws/batch-client';
import type { Throughput } from '@openevolve-aws/job-spec';

/** A job for a person to read, line by line. Pure. */
export function renderStatus(view: JobView, now: Date): string[] {
  const { job, batch, progress, attempts } = view;
  const lines = [
    row('Job short ID', job.id),
    row('Batch job ID', batch.batchJobId ?? 'none'),
    row('Name', job.name),
    row('User', job.owner),
    row('Status', batch.status + (batch.statusReason ? ` (${batch.statusReason})` : '')),
  ];
  if (progress) {
    const { ledger, best, initial, lastCommit, lossWindow } = progress;
    lines.push(
      row(
        'Iterations',
        `${ledger.done} of ${ledger.asked} done, ${ledger.failed} failed, ${ledger.candidates} candidates`,
      ),
    );
    if (best) {
      const from = initial ? `, began with ${score(initial.score)}` : '';
      lines.push(row('Best score', `${score(best.score)} at iteration ${best.iteration}${from}`));
    }
    if (lastCommit) {
      const age = Math.max(0, Math.round((now.getTime() - Date.parse(lastCommit.at)) / 1000));
      lines.push(
        row(
          'Saved',
          `${lastCommit.iterationsDone} iterations, ${age} s ago (commit ${lastCommit.seq})`,
        ),
      );
    }
    if (batch.status === 'RUNNING' && progress.throughput) {
      lines.push(...renderThroughput(progress.throughput));
    }
    if (batch.status === 'RUNNING') {
      lines.push(row('A kill costs', `${lossWindow.iterations} finished iterations`));
    }
  }
  attempts.forEach((attempt, index) => {
    const from = attempt.resumedFrom
      ? `resumed from commit ${attempt.resumedFrom.commit} (${attempt.resumedFrom.iterationsDone} iterations)`
      : 'from the beginning';
    const end = attempt.ended
      ? `; ${attempt.ended.reason} (exit ${attempt.ended.exitCode}, ${attempt.ended.iterationsLost} finished iterations lost)`
      : '';
    lines.push(row(`Attempt ${index + 1}`, `${attempt.startedAt}, ${from}${end}`));
  });
  for (const problem of view.problems) {
    lines.push(row('Unreadable', problem));
  }
  lines.push(row('Results', view.outputUri));
  return lines;
}

function renderThroughput(throughput: Throughput): string[] {
  const { candidatesPerHour, workers, model, waiting, evaluating, slots } = throughput;
  const limit = limits[throughput.limitedBy];
  const queue = waiting > 0 ? `, ${waiting} wait for a slot` : '';
  return [
    row(
      'Throughput',
      `${Math.round(candidatesPerHour)} candidates an hour; ${limit} the limit; ${throughput.vcpusUsed.toFixed(1)} vCPUs busy`,
    ),
    row(
      'Workers',
      `${workers}: ${model} wait for the model${queue}, ${evaluating} of at most ${slots} evaluate`,
    ),
  ];
}

const limits: Record<Throughput['limitedBy'], string> = {
  evaluation: 'the evaluation is',
  model: 'the time of the model is',
  memory: 'memory is',
  'rate limit': "the provider's rate is",
  iterations: 'the number of iterations is',
  workers: 'the number of workers that was asked for is',
};

function row(name: string, value: string): string {
  return `${name.padEnd(12)} : ${value}`;
}

function score(value: number | null): string {
  return value === null ? 'none' : String(Number(value.toPrecision(6)));
}

import type { JobView } from '@openevolve-aws/batch-client';
import type { Throughput } from '@openevolve-aws/job-spec';
import { renderCalls, renderSpend } from './render-spend.ts';
import { renderTimeline } from './render-timeline.ts';

/** A job for a person to read, line by line. Pure. */
export function renderStatus(view: JobView, now: Date): string[] {
  const { job, limits, batch, progress } = view;
  const rows: [name: string, value: string][] = [
    ['Job short ID', job.id],
    ['Batch job ID', batch.batchJobId ?? 'none'],
    ['Name', job.name],
    ['User', job.owner],
    ['Status', batch.status + (batch.statusReason ? ` (${batch.statusReason})` : '')],
  ];
  if (progress) {
    const { ledger, best, initial, lastCommit, lossWindow } = progress;
    rows.push([
      'Iterations',
      `${ledger.done} of ${limits.iterations} done, ${ledger.failed} failed, ${ledger.candidates} candidates`,
    ]);
    if (best) {
      const from = initial ? `, began with ${score(initial.score)}` : '';
      rows.push(['Best score', `${score(best.score)} at iteration ${best.iteration}${from}`]);
    }
    if (lastCommit) {
      const age = Math.max(0, Math.round((now.getTime() - Date.parse(lastCommit.at)) / 1000));
      rows.push([
        'Saved',
        `${lastCommit.iterationsDone} iterations, ${age} s ago (commit ${lastCommit.seq})`,
      ]);
    }
    const isRunning = batch.status === 'RUNNING';
    if (isRunning && progress.throughput) {
      rows.push(...renderThroughput(progress.throughput));
    }
    if (isRunning) {
      rows.push(['A kill costs', `${lossWindow.iterations} finished iterations`]);
    }
    if (ledger.spend) {
      rows.push(['Spent', renderSpend(ledger.spend, limits)]);
    }
    if (isRunning && progress.calls) {
      rows.push(['Model calls', renderCalls(progress.calls)]);
    }
  }
  if (limits.timeoutSeconds !== null) {
    rows.push(['Time limit', `${limits.timeoutSeconds} s for all attempts together`]);
  }
  renderTimeline(view).forEach((event, index) => {
    rows.push([index === 0 ? 'Timeline' : '', event]);
  });
  for (const problem of view.problems) {
    rows.push(['Unreadable', problem]);
  }
  rows.push(['Results', view.outputUri]);
  return rows.map(([name, value]) => `${name.padEnd(12)} ${name === '' ? ' ' : ':'} ${value}`);
}

function renderThroughput(throughput: Throughput): [name: string, value: string][] {
  const { candidatesPerHour, workers, model, waiting, evaluating, slots } = throughput;
  const limit = limitNames[throughput.limitedBy];
  const queue = waiting > 0 ? `, ${waiting} wait for a slot` : '';
  return [
    [
      'Throughput',
      `${Math.round(candidatesPerHour)} candidates an hour; ${limit} the limit; ${throughput.vcpusUsed.toFixed(1)} vCPUs busy`,
    ],
    [
      'Workers',
      `${workers}: ${model} wait for the model${queue}, ${evaluating} of at most ${slots} evaluate`,
    ],
  ];
}

const limitNames: Record<Throughput['limitedBy'], string> = {
  evaluation: 'the evaluation is',
  model: 'the time of the model is',
  memory: 'memory is',
  'rate limit': "the provider's rate is",
  iterations: 'the number of iterations is',
  workers: 'the number of workers that was asked for is',
};

function score(value: number | null): string {
  return value === null ? 'none' : String(Number(value.toPrecision(6)));
}

import type { Throughput } from '@openevolve-aws/job-spec';
import type { ThroughputEvent } from '../runner/protocol.ts';

/** What the runner tells of itself, as the progress report has it. */
export function throughputOf(event: ThroughputEvent): Throughput {
  const { workers, slots, model, waiting, evaluating } = event;
  return {
    candidatesPerHour: event.candidates_per_hour,
    workers,
    limitedBy: event.limited_by,
    slots,
    model,
    waiting,
    evaluating,
    modelSeconds: event.model_seconds,
    evaluationSeconds: event.evaluation_seconds,
    workerMib: event.worker_mib,
    vcpusUsed: event.vcpus_used,
  };
}

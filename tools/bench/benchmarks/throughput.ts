import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleEntrypoint } from '../../kill/bundle.ts';
import type { Benchmark, Measurement } from '../benchmark.ts';
import { measureController } from './throughput/controller.ts';
import { measureQuality } from './throughput/quality.ts';
import { type Load, measureBare, measureOurs, measureStock, type Rate } from './throughput/run.ts';

/** Of the job; the machine has to have as many. */
const VCPUS = 2;
/** Of what workers and vCPUs could give at most. */
const GOAL_OF_BOUND = 0.8;

/** Seconds of the model, drawn around this, and CPU seconds of an evaluation; the least ratio. */
const loads: readonly (Load & { readonly atLeast: number })[] = [
  { modelSeconds: 0.1, evaluationSeconds: 1, atLeast: 1 },
  { modelSeconds: 1, evaluationSeconds: 1, atLeast: 1.7 },
  { modelSeconds: 3, evaluationSeconds: 0.3, atLeast: 3.5 },
  { modelSeconds: 5, evaluationSeconds: 0.05, atLeast: 10 },
];

/**
 * Candidates a second of a whole job of ours beside bare `openevolve-run` with as many workers as
 * vCPUs, counted by the model server while both have been running for a while, by its own clock.
 * Evaluation times are the evaluator's own notes.
 */
const benchmark: Benchmark = {
  description: 'candidates a second beside openevolve-run, and what the evaluator measures',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'throughput-'));
    const bundle = await bundleEntrypoint(folder);
    const rows: Measurement[] = [];
    for (const load of loads) {
      const name = `L ${load.modelSeconds} s, E ${load.evaluationSeconds} s`;
      const own = { ...load, vcpus: VCPUS };
      const stock = await measureStock(join(folder, `${name} stock`), own);
      const ours = await measureOurs(join(folder, `${name} ours`), own, bundle);
      rows.push(...compare(name, ours, stock, load.atLeast, own));
      if (load.modelSeconds === load.evaluationSeconds * 10) {
        const alone = await measureOurs(
          join(folder, `${name} alone`),
          { ...own, workers: 1 },
          bundle,
        );
        rows.push({
          what: `${name}: median evaluation`,
          unit: 's',
          ours: ours.evaluationSeconds,
          peers: {
            'one worker': alone.evaluationSeconds,
            'openevolve-run': stock.evaluationSeconds,
            'bare processes': await measureBare(join(folder, `${name} bare`), own),
          },
          goal: { peer: 'one worker', atMost: 1.1 },
        });
      }
    }
    rows.push(...(await measureController()), ...(await measureQuality()));
    await rm(folder, { recursive: true });
    return rows;
  },
};

function compare(
  name: string,
  ours: Rate,
  stock: Rate,
  atLeast: number,
  { modelSeconds, evaluationSeconds, vcpus }: Load & { vcpus: number },
): Measurement[] {
  const bound = Math.min(
    ours.workers / (modelSeconds + evaluationSeconds),
    vcpus / evaluationSeconds,
  );
  return [
    {
      what: `${name}: candidates`,
      unit: '/s',
      ours: ours.perSecond,
      peers: { 'openevolve-run': stock.perSecond },
      goal: { peer: 'openevolve-run', atLeast },
    },
    {
      what: `${name}: with ${ours.workers} workers`,
      unit: '/s',
      ours: ours.perSecond,
      peers: { bound },
      goal: { peer: 'bound', atLeast: GOAL_OF_BOUND },
    },
    {
      what: `${name}: memory of all processes`,
      unit: 'MiB',
      ours: ours.memoryMib,
      peers: { 'openevolve-run': stock.memoryMib },
      goal: { atMost: 4_096 },
    },
  ];
}

export default benchmark;

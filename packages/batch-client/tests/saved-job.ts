import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claimJob } from '@openevolve-aws/checkpoint-sync';
import { emptyLedger } from '@openevolve-aws/job-spec';
import { prefixed } from '@openevolve-aws/object-store';
import { type MemoryBackend, storeResults } from './memory-backend.ts';

/** A job with results and two commits, of 10 and 20 iterations. */
export async function saveJob(backend: MemoryBackend, folder: string): Promise<void> {
  const { prefix } = await storeResults(backend);
  const store = prefixed(backend.outputs, prefix);
  const session = await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  const directory = await mkdtemp(join(folder, 'source-'));
  await session.restore(join(directory, 'nothing'));
  for (const done of [10, 20]) {
    const checkpoint = await mkdtemp(join(directory, 'checkpoint-'));
    await writeFile(join(checkpoint, 'metadata.json'), JSON.stringify({ done }));
    await session.commit({
      directory: checkpoint,
      label: `checkpoint_${done}`,
      reason: 'timer',
      ledger: { ...emptyLedger(100), done, candidates: done, lastIteration: done },
      initial: null,
      best: null,
      earlyStopping: null,
    });
  }
}

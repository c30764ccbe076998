// One writer of a job as a process of its own, so that it can be killed: claims, restores, commits.
import { writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointSyncError, claimJob, type Session } from '@openevolve-aws/checkpoint-sync';
import { emptyLedger } from '@openevolve-aws/job-spec';
import { ObjectStoreError, openStore, retrying } from '@openevolve-aws/object-store';
import { Random } from '../kill/random.ts';
import { digest, evolve, readTree, type Tree, writeTree } from './checkpoint-tree.ts';
import type { WriterReport } from './writer-report.ts';

const [uri = '', name = '', seed = ''] = process.argv.slice(2);
const COMMITS = 12;
const GIVE_UP_AFTER = 4;

/** At once, and whole: what was said is known although the process is killed right after. */
function report(what: WriterReport): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

function codeOf(error: unknown): string {
  if (error instanceof CheckpointSyncError || error instanceof ObjectStoreError) return error.code;
  throw error;
}

async function restore(session: Session, folder: string): Promise<Tree> {
  const target = join(folder, 'restored');
  const { commit, skipped } = await session.restore(target);
  const tree = commit ? await readTree(target) : new Map<string, string>();
  report({
    event: 'restored',
    seq: commit?.seq ?? 0,
    digest: commit ? digest(tree) : '',
    skipped: skipped.map(({ reason }) => reason),
  });
  return tree;
}

async function work(folder: string): Promise<void> {
  const random = new Random(Number(seed));
  const store = retrying(await openStore(uri), {
    attempts: 8,
    tryMs: 1_000,
    baseDelayMs: 2,
    maxDelayMs: 50,
  });
  const session = await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  report({ event: 'claimed', generation: session.generation });
  let tree = await restore(session, folder);
  let done = session.state.ledger?.done ?? 0;
  let failures = 0;
  for (let number = 1; number <= COMMITS; number++) {
    tree = evolve(tree, `${name}-${number}`, random);
    done += 1;
    const directory = join(folder, `checkpoint_${number}`);
    await writeTree(directory, tree);
    const mine = digest(tree);
    report({ event: 'committing', digest: mine });
    try {
      const { seq, generation } = await session.commit({
        directory,
        label: `checkpoint_${done}`,
        reason: 'timer',
        ledger: { ...emptyLedger(10_000), done, candidates: done, lastIteration: done },
        initial: null,
        best: null,
        earlyStopping: null,
      });
      report({ event: 'committed', digest: mine, seq, generation });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'SUPERSEDED' || ++failures === GIVE_UP_AFTER) throw error;
      report({ event: 'failed', code, message: String(error) });
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'faults-writer-'));
try {
  await work(folder);
} catch (error) {
  report({ event: 'failed', code: codeOf(error), message: String(error) });
} finally {
  await rm(folder, { recursive: true, force: true });
}

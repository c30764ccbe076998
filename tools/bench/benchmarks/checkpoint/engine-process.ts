/**
 * The engine in a process of its own, as the entrypoint has it. It does what its parent asks over
 * IPC and answers with the time that it took, or does what its arguments say and ends.
 */
import { readFileSync } from 'node:fs';
import { claimJob, restoreNewest, type Session } from '@openevolve-aws/checkpoint-sync';
import { emptyLedger } from '@openevolve-aws/job-spec';
import { type ObjectStore, openStore, prefixed, retrying } from '@openevolve-aws/object-store';

export type Task =
  /** Opens the store; what comes after is about the job under a prefix of it. */
  | { readonly do: 'open'; readonly store: string }
  | { readonly do: 'job'; readonly prefix: string }
  | { readonly do: 'claim' }
  | { readonly do: 'commit'; readonly directory: string; readonly fullCheck?: boolean }
  | { readonly do: 'restore'; readonly target: string };

export interface Answer {
  readonly ms: number;
  /** Of the process, ever. */
  readonly peakMib: number;
  /** Lengths of the last commit's pack and of the manifest in it, as stored. */
  readonly packBytes: number;
  readonly manifestBytes: number;
}

let bucket: ObjectStore | undefined;
let job: ObjectStore | undefined;
let session: Session | undefined;
let commits = 0;
let stored = { packBytes: 0, manifestBytes: 0 };

async function run(task: Task): Promise<void> {
  if (task.do === 'open') bucket = retrying(await openStore(task.store));
  else if (task.do === 'job' && bucket) {
    job = prefixed(bucket, task.prefix);
    session = undefined;
  } else if (task.do === 'claim' && job) session = await claimJob(job, CLAIMANT);
  else if (task.do === 'commit' && session) await commit(session, task.directory, task.fullCheck);
  else if (task.do === 'restore' && session) await session.restore(task.target);
  else if (task.do === 'restore' && job) await restoreNewest(job, task.target);
  else throw new Error(`There is nothing to ${task.do} yet.`);
}

const CLAIMANT = { submission: 1, batchJobId: null, batchAttempt: null };

async function commit(session: Session, directory: string, fullCheck = false): Promise<void> {
  const done = ++commits;
  const { pack } = await session.commit({
    directory,
    label: `checkpoint_${done}`,
    reason: 'timer',
    ledger: { ...emptyLedger(1_000_000), done, candidates: done, lastIteration: done },
    initial: null,
    best: null,
    earlyStopping: null,
    fullCheck,
  });
  stored = { packBytes: pack.bytes, manifestBytes: pack.manifest.length };
}

function peakMib(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

const [tasks] = process.argv.slice(2);
if (tasks !== undefined) {
  for (const task of JSON.parse(tasks) as Task[]) await run(task);
} else {
  process.on('message', async (task: Task) => {
    const start = performance.now();
    await run(task);
    const ms = performance.now() - start;
    process.send?.({ ms, peakMib: peakMib(), ...stored } satisfies Answer);
  });
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportPlain, type Session } from '@openevolve-aws/checkpoint-sync';
import {
  type AttemptRecord,
  type CommitEntry,
  type Job,
  type Summary,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { fileBody, type ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { lineageOf, readTrace } from '../evolution/trace.ts';

const OFFLINE_NOTE =
  'Programs came from the offline model: a seeded search that needs no key and is not an LLM.';
const PROVIDER_NOTE = "Programs came from the provider's models.";

/** OpenEvolve writes one for each start of the runner; evolved code may leave any number there. */
const MOST_LOGS = 50;

export interface FinalOutputs {
  readonly job: Job;
  readonly outputs: ObjectStore;
  readonly session: Session;
  readonly outcome: Summary['outcome'];
  readonly commit: CommitEntry;
  /** The plain checkpoint of that commit. */
  readonly directory: string;
  /** All attempts of the job, oldest first; this one as it ends. */
  readonly attempts: readonly AttemptRecord[];
  /** Told of what is left out. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Writes what the guide promises at the top of the output prefix. The summary comes last, so that
 * its being there means that all the rest is; every step can be repeated.
 */
export async function writeOutputs(final: FinalOutputs): Promise<void> {
  const { job, outputs, session, directory, commit, outcome, attempts } = final;
  await session.assertNewest();
  await exportPlain(outputs, commit);
  const best = await bestProgramOf(directory);
  if (best) {
    await outputs.put(outputKeys.bestProgram(best.extension), best.content);
    const info = await readFile(join(directory, 'best_program_info.json'));
    await outputs.put(outputKeys.best(`best_program${best.extension}`), best.content);
    await outputs.put(outputKeys.best('best_program_info.json'), info);
  }
  await outputs.put(
    outputKeys.log('iterations.jsonl'),
    await readTrace(outputs, lineageOf(attempts, commit.ledger.done), final.onProblem),
  );

  const { ledger } = commit;
  const summary: Summary = {
    version: 1,
    jobId: job.id,
    owner: job.owner,
    name: job.name,
    outcome,
    iterations: { asked: ledger.asked, completed: ledger.done, failed: ledger.failed },
    candidates: ledger.candidates,
    initial: commit.initial,
    best:
      commit.best && best ? { ...commit.best, file: outputKeys.bestProgram(best.extension) } : null,
    tokens: ledger.tokens,
    ...(ledger.spend && { spend: ledger.spend }),
    model: {
      kind: job.model.kind,
      note: job.model.kind === 'offline' ? OFFLINE_NOTE : PROVIDER_NOTE,
    },
    startedAt: attempts[0]?.startedAt ?? job.createdAt,
    endedAt: new Date().toISOString(),
    finalCommit: commit.seq,
    attempts: attempts.map(({ version: _version, jobId: _jobId, ...attempt }) => attempt),
  };
  await session.assertNewest();
  await outputs.put(outputKeys.summary, serializeDocument(summary));
}

/**
 * Stores OpenEvolve's own log of this attempt. Evolved code may write into that folder too: a link
 * would be followed with our rights, and a pipe would be waited for.
 */
export async function storeAttemptLog(
  outputs: ObjectStore,
  generation: number,
  outputFolder: string,
): Promise<void> {
  const directory = join(outputFolder, 'logs');
  const names = (await filesOf(directory)).filter((name) => name.endsWith('.log'));
  for (const [index, name] of names.sort().slice(0, MOST_LOGS).entries()) {
    const path = join(directory, name);
    const part = index === 0 ? '' : `-${index + 1}`;
    await outputs.putStream(
      outputKeys.log(`attempt-${generation}${part}.log`),
      await fileBody(path),
    );
  }
}

async function filesOf(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

async function bestProgramOf(
  directory: string,
): Promise<{ extension: string; content: Uint8Array } | null> {
  const name = (await readdir(directory)).find((entry) => /^best_program\.(?!.*\.)/.test(entry));
  return name === undefined
    ? null
    : {
        extension: name.slice('best_program'.length),
        content: await readFile(join(directory, name)),
      };
}

// `npm run test:notices`: a Spot notice from the host's file, and one from an emulated instance
// metadata service, each in the middle of a run. It must lead to a commit within five seconds, to a
// commit after every iteration, to exit code 75 before the machine's time, and to a resume that lost
// nothing. The emulator is a Go module, so this needs Go.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttemptRecord, attemptRecordSchema, logEntrySchema } from '@openevolve-aws/job-spec';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { type Attempt, startAttempt } from '../kill/attempt.ts';
import { bundleEntrypoint } from '../kill/bundle.ts';
import { type StoredJob, submitJob } from '../kill/job.ts';
import { startModelServer } from '../kill/model-server.ts';
import { hostFile, instanceMetadata, type NoticeGiver } from './notice-givers.ts';

/** More than the 30 s before its time at which an attempt stops by itself. */
const NOTICE_SECONDS = 36;
const COMMIT_WITHIN_MS = 5_000;
const WORKERS = 3;
const ITERATIONS = 150;

const folder = await mkdtemp(join(tmpdir(), 'notices-'));
const bundle = await bundleEntrypoint(folder);
const model = await startModelServer(1, { latencyMs: [300, 900], failures: 0 }, Math.random);
let failed = false;
try {
  for (const giver of [hostFile(), instanceMetadata()]) {
    const problems = await giveNotice(giver);
    console.log(`${giver.kind}: ${problems.length === 0 ? 'as documented' : problems.join('; ')}`);
    failed ||= problems.length > 0;
  }
} finally {
  await model.close();
}
if (failed) {
  console.error(`The jobs, with all logs, are kept in ${folder}.`);
  process.exitCode = 1;
} else {
  await rm(folder, { recursive: true });
}

async function giveNotice(giver: NoticeGiver): Promise<string[]> {
  const job = await submitJob(folder, {
    iterations: ITERATIONS,
    vcpus: WORKERS,
    // As many as fit the machine would be done before the notice.
    fields: { workers: WORKERS },
    // So rare that only the notice can be the reason of a commit, but for new bests.
    commitIntervalSeconds: 300,
    config: { llm: model.llm },
  });
  const notice = await giver.prepare(NOTICE_SECONDS);
  const attempt = await startAttempt(job, 1, { bundle, variables: notice.variables });
  await notice.give();
  const { code } = await attempt.exited;
  const endedAt = Date.now();
  await notice.withdraw();
  const problems = await judge(job, attempt, giver, notice.givenAt(), code, endedAt);

  const next = await startAttempt(job, 2, { bundle });
  const { code: nextCode } = await next.exited;
  const [first, second] = await readRecords(job);
  if (nextCode !== 0 || second?.resumedFrom?.iterationsDone !== first?.ended?.iterationsDone) {
    problems.push(`the next attempt did not resume all that was finished (exit ${nextCode})`);
  }
  return problems;
}

async function judge(
  job: StoredJob,
  attempt: Attempt,
  giver: NoticeGiver,
  givenAt: number,
  code: number | null,
  endedAt: number,
): Promise<string[]> {
  const problems: string[] = [];
  const [record] = await readRecords(job);
  const commits = (await readCommits(job)).filter(({ at }) => at >= givenAt);
  const [first] = commits;
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
  if (!first || first.at - givenAt > COMMIT_WITHIN_MS) {
    problems.push(`no commit within ${COMMIT_WITHIN_MS} ms of the notice`);
  }
  const iterations = (record?.ended?.iterationsDone ?? 0) - (first?.done ?? 0);
  // Iterations that finish while a commit is being made share the next one.
  if (iterations < 3 || commits.length - 1 < iterations / 3) {
    problems.push(`${commits.length - 1} commits for ${iterations} iterations after the first`);
  }
  if (code !== 75 || endedAt > givenAt + NOTICE_SECONDS * 1000) {
    problems.push(`it ended with ${code}, ${seconds(endedAt - givenAt)} s after the notice`);
  }
  if (record?.noticeSource !== giver.kind || record.ended?.iterationsLost !== 0) {
    problems.push(`the record says ${record?.noticeSource}, lost ${record?.ended?.iterationsLost}`);
  }
  console.log(
    `${giver.kind}: commit ${seconds((first?.at ?? 0) - givenAt)} s after the notice, then ${commits.length - 1} for ${iterations} iterations; exit ${code} after ${seconds(endedAt - givenAt)} of ${NOTICE_SECONDS} s (${attempt.output})`,
  );
  return problems;
}

async function readRecords(job: StoredJob): Promise<AttemptRecord[]> {
  const records: AttemptRecord[] = [];
  for await (const { key } of job.outputs.list(outputKeys.attempts)) {
    records.push(attemptRecordSchema.parse(await readJson(job, key)));
  }
  return records.sort((a, b) => a.generation - b.generation);
}

async function readCommits(job: StoredJob): Promise<{ at: number; done: number }[]> {
  const commits: { at: number; done: number }[] = [];
  for await (const { key } of job.outputs.list(outputKeys.commits)) {
    const entry = logEntrySchema.parse(await readJson(job, key));
    if (entry.kind === 'commit') {
      commits.push({ at: Date.parse(entry.at), done: entry.ledger.done });
    }
  }
  return commits;
}

async function readJson(job: StoredJob, key: string): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await job.outputs.get(key)));
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { prefixed } from '@openevolve-aws/object-store';
import { S3Store } from '@openevolve-aws/object-store/s3';
import type { Server } from '@openevolve-aws/test-servers';
import { Random } from '../kill/random.ts';
import { History } from './history.ts';
import { runWriter, type WriterLife } from './killed-writer.ts';
import { verifyLife, verifyStore } from './verify.ts';

/** Lives of one job, so that a writer meets what several before it left. */
const ROUNDS_OF_A_JOB = 8;
/** They do not know of each other. */
const JOBS_AT_ONCE = 2;
const TWO_WRITERS = 0.35;

export interface CampaignOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly server: Server;
  /** Must exist on the server. */
  readonly bucket: string;
  readonly print: (line: string) => void;
}

export interface RoundResult {
  readonly lives: readonly WriterLife[];
  /** The kinds of the entries that came into the log. */
  readonly written: readonly string[];
  /** Whether what a reader found in the end had been acknowledged. */
  readonly found: 'acknowledged' | 'not acknowledged' | 'nothing';
  readonly violations: readonly string[];
}

/** Runs rounds until there were enough or one is wrong; each is one writer's life, or two at once. */
export async function runCampaign(options: CampaignOptions): Promise<RoundResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  const results: RoundResult[] = [];
  const jobs = Array.from({ length: Math.ceil(options.rounds / ROUNDS_OF_A_JOB) }, (_, job) => job);
  const lane = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const rounds = Math.min(ROUNDS_OF_A_JOB, options.rounds - job * ROUNDS_OF_A_JOB);
      for await (const result of runJob(options, job, rounds, join(folder, String(job)))) {
        results.push(result);
        if (result.violations.length > 0) jobs.length = 0;
      }
      options.print(`${results.length} of ${options.rounds} rounds`);
    }
  };
  try {
    await Promise.all(Array.from({ length: JOBS_AT_ONCE }, lane));
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* runJob(
  { server, bucket, seed }: CampaignOptions,
  job: number,
  rounds: number,
  folder: string,
): AsyncGenerator<RoundResult> {
  // Of its own, so that a job's choices do not depend on the others.
  const random = new Random(seed + job * 1_000_003);
  const prefix = `seed-${seed}/job-${job}`;
  const { environment, url } = server;
  const store = prefixed(
    new S3Store(bucket, {
      endpoint: url,
      region: environment.AWS_REGION ?? '',
      credentials: {
        accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
        secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
      },
    }),
    prefix,
  );
  const history = new History();
  let seen = 0;
  const late: Promise<void>[] = [];
  for (let round = 0; round < rounds; round++) {
    const writers = random.next() < TWO_WRITERS ? ['a', 'b'] : ['a'];
    const lives = await Promise.all(
      writers.map(async (writer, index) => {
        const ownRandom = new Random(Math.floor(random.next() * 2 ** 31));
        await delay(index * ownRandom.between(0, 600));
        return runWriter({
          server,
          uri: `s3://${bucket}/${prefix}`,
          name: `${job}.${round}${writer}`,
          random: ownRandom,
          onReport: (report) => history.add(report),
        });
      }),
    );
    late.push(...lives.map((life) => life.late));
    const { wrong, newest, entries } = await verifyStore(store, history, folder, random);
    const written = entries.slice(seen).map(({ kind }) => kind);
    seen = entries.length;
    yield {
      lives,
      written,
      found:
        newest === 0
          ? 'nothing'
          : history.digestAt(newest) === undefined
            ? 'not acknowledged'
            : 'acknowledged',
      violations: [...lives.flatMap((life) => verifyLife(life, history)), ...wrong].map(
        (what) => `job ${job}, round ${round}: ${what}`,
      ),
    };
  }
  await Promise.all(late);
}

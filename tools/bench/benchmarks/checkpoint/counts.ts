import { rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Measurement } from '../../benchmark.ts';
import { Engine } from './engine.ts';
import { openLine } from './line.ts';
import { PEERS, upload } from './peers.ts';
import { countRequests, type Requests } from './requests.ts';
import { BUCKET, format, freshPrefix, type Setup, within } from './setup.ts';
import { newContent, type Tree } from './tree.ts';

/** The level of the engine's blocks. */
const GZIP_LEVEL = 2;
/** Commits that a day's requests are computed from: enough for pruning to have its share. */
const COMMITS = 60;
const COMMITS_A_DAY = (24 * 60 * 60) / 30;
const GUIDE_SYNCS_A_DAY = (24 * 60) / 5;

/** What the next checkpoint costs. */
interface Cost {
  readonly requests: Requests;
  /** Sent, with headers. */
  readonly bytes: number;
}

interface CommitCost extends Cost {
  readonly packBytes: number;
  readonly manifestBytes: number;
  /** Compressed. */
  readonly newBytes: number;
}

export async function measureCounts(setup: Setup): Promise<Measurement[]> {
  const [small, middle, large] = setup.trees;
  if (!small || !middle || !large) throw new Error('Three sizes are needed.');
  const table = 'Requests and bytes';
  const ours = {
    small: await commitCost(setup, small),
    middle: await commitCost(setup, middle),
    large: await commitCost(setup, large),
  };
  const peers: Record<string, Cost> = {};
  for (const peer of PEERS) {
    const cost = (env: Readonly<Record<string, string>>) =>
      middle.withNext((next) => upload(peer, next, `${BUCKET}/${freshPrefix()}`, env));
    peers[peer] = await costOf(setup, cost);
  }
  const of = (pick: (cost: Cost) => number) =>
    Object.fromEntries(Object.entries(peers).map(([peer, cost]) => [peer, pick(cost)]));

  const incremental = `incremental commit at N = ${format(middle.size)}`;
  const growth = `growth: incremental commit at N = ${format(large.size)} beside N = ${small.size}`;
  const atSmall = `at N = ${small.size}`;
  const aDay = (await requestsACommit(setup, small)) * COMMITS_A_DAY;
  const sync = peers['aws s3 sync']?.requests.all ?? Number.NaN;
  return [
    {
      what: `${incremental}: PUT requests`,
      unit: '',
      ours: ours.middle.requests.writes,
      peers: of(({ requests }) => requests.writes),
      goal: { atMost: 2 },
    },
    {
      what: `${incremental}: GET and HEAD requests`,
      unit: '',
      ours: ours.middle.requests.reads,
      peers: of(({ requests }) => requests.reads),
      goal: { atMost: 1 },
    },
    {
      what: `${incremental}: pack`,
      unit: 'B',
      ours: ours.middle.packBytes,
      peers: {
        'new content and manifest, compressed': ours.middle.newBytes + ours.middle.manifestBytes,
      },
      goal: { peer: 'new content and manifest, compressed', atMost: 1 },
    },
    {
      what: `${incremental}: bytes sent, with headers`,
      unit: 'B',
      ours: ours.middle.bytes,
      peers: of(({ bytes }) => bytes),
      goal: within('s5cmd', 20),
    },
    {
      what: `${growth}: requests`,
      unit: '',
      ours: ours.large.requests.all,
      peers: { [atSmall]: ours.small.requests.all },
      goal: { peer: atSmall, atMost: 3 },
    },
    {
      what: `${growth}: bytes sent`,
      unit: 'B',
      ours: ours.large.bytes,
      peers: { [atSmall]: ours.small.bytes },
      goal: { peer: atSmall, atMost: 3 },
    },
    {
      what: 'requests in 24 h, a commit every 30 s, pruning included',
      unit: '',
      ours: aDay,
      peers: { 'aws s3 sync of as many': sync * COMMITS_A_DAY },
      goal: { peer: 'aws s3 sync of as many', atMost: 0.01 },
    },
    {
      what: 'the same beside a sync every 5 minutes, as the guide has it',
      unit: '',
      ours: aDay,
      peers: { 'aws s3 sync': sync * GUIDE_SYNCS_A_DAY },
      goal: { peer: 'aws s3 sync', atMost: 0.01 },
    },
  ].map((row) => ({ ...row, table }));
}

/** Runs something twice: for its requests, and by a counting line for its bytes. */
async function costOf(
  { server }: Setup,
  run: (env: Readonly<Record<string, string>>) => Promise<unknown>,
): Promise<Cost> {
  const requests = await countRequests(server, () => run(server.environment));
  const line = await openLine(server, 0);
  await run(line.environment);
  const bytes = line.sentBytes();
  await line.close();
  return { requests, bytes };
}

async function commitCost({ server, program }: Setup, tree: Tree): Promise<CommitCost> {
  const line = await openLine(server, 0);
  await using engine = await Engine.start(program, `s3://${BUCKET}`, line.environment);
  await engine.run({ do: 'job', prefix: freshPrefix() });
  await engine.run({ do: 'claim' });
  await engine.run({ do: 'commit', directory: tree.first.directory });
  const before = line.sentBytes();
  return await tree.withNext(async (next) => {
    let answer = { packBytes: 0, manifestBytes: 0 };
    const requests = await countRequests(server, async () => {
      answer = await engine.run({ do: 'commit', directory: next });
    });
    const bytes = line.sentBytes() - before;
    await line.close();
    const { packBytes, manifestBytes } = answer;
    const content = newContent(next, tree.first.directory);
    return {
      requests,
      bytes,
      packBytes,
      manifestBytes,
      newBytes: gzipSync(content, { level: GZIP_LEVEL }).byteLength,
    };
  });
}

/** The mean over many commits of a run, deletes of pruning included. */
async function requestsACommit({ server, program }: Setup, tree: Tree): Promise<number> {
  await using engine = await Engine.start(program, `s3://${BUCKET}`, server.environment);
  await engine.run({ do: 'job', prefix: freshPrefix() });
  await engine.run({ do: 'claim' });
  let newest = tree.first;
  const { all } = await countRequests(server, async () => {
    for (let commit = 0; commit < COMMITS; commit++) {
      await engine.run({ do: 'commit', directory: newest.directory });
      const next = tree.after(newest);
      if (newest !== tree.first) rmSync(newest.directory, { recursive: true });
      newest = next;
    }
  });
  rmSync(newest.directory, { recursive: true });
  return all / COMMITS;
}

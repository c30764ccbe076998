import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from '../../benchmark.ts';
import { median } from '../../processes.ts';
import { coldMs, Engine } from './engine.ts';
import { download, PEERS, type Peer, upload } from './peers.ts';
import { BUCKET, format, freshPrefix, type Setup, within } from './setup.ts';
import type { Tree } from './tree.ts';

const STORE = `s3://${BUCKET}`;
const COLD = 'cold';
const OURS = 'ours';

type Environment = Readonly<Record<string, string>>;
type Tool = Peer | typeof OURS | typeof COLD;

/** How often each tool is measured with a tree; a tool that is not named is not. */
export type Rounds = Partial<Record<Tool, number>>;

/** Milliseconds, each a list of rounds. */
interface Times {
  readonly first: number[];
  /** The next checkpoint, which has a directory of its own. */
  readonly next: number[];
  readonly restore: number[];
  /** Ours: with a check of all files. Peers: the next checkpoint over the first one's copy. */
  readonly other: number[];
}

/** Medians of the times of one tree by tool. */
export type Medians = Partial<Record<Tool, Record<keyof Times, number>>>;

/** Measures the tools in turns, each round beginning with another one. */
export async function measureTimes(
  setup: Setup,
  tree: Tree,
  environment: Environment,
  rounds: Rounds,
): Promise<Medians> {
  await using engine = await Engine.start(setup.program, STORE, environment);
  const tools = Object.keys(rounds) as Tool[];
  const times = new Map<Tool, Times>(
    tools.map((tool) => [tool, { first: [], next: [], restore: [], other: [] }]),
  );
  const most = Math.max(...Object.values(rounds));
  for (let round = 0; round < most; round++) {
    for (let turn = 0; turn < tools.length; turn++) {
      const tool = tools[(round + turn) % tools.length];
      const into = tool && times.get(tool);
      if (!into || round >= (rounds[tool] ?? 0)) continue;
      const target = join(setup.folder, 'restored');
      if (tool === OURS) await takeOurs(engine, tree, target, into);
      else if (tool === COLD) await takeCold(setup.program, tree, target, environment, into);
      else await takePeer(tool, tree, target, environment, into);
      rmSync(target, { recursive: true });
    }
  }
  const middle = ({ first, next, restore, other }: Times) => ({
    first: median(first),
    next: median(next),
    restore: median(restore),
    other: median(other),
  });
  return Object.fromEntries([...times].map(([tool, list]) => [tool, middle(list)]));
}

async function takeOurs(engine: Engine, tree: Tree, target: string, into: Times): Promise<void> {
  const prefix = freshPrefix();
  const timed = async (task: Parameters<Engine['run']>[0]) => {
    settleDisk();
    return (await engine.run(task)).ms;
  };
  await engine.run({ do: 'job', prefix });
  await engine.run({ do: 'claim' });
  const { directory } = tree.first;
  into.first.push(await timed({ do: 'commit', directory }));
  into.next.push(await tree.withNext((next) => timed({ do: 'commit', directory: next })));
  into.other.push(await timed({ do: 'commit', directory, fullCheck: true }));
  await engine.run({ do: 'job', prefix });
  into.restore.push(await timed({ do: 'restore', target }));
}

/** As a command would: a new process for each; the next commit is one of a new attempt. */
async function takeCold(
  program: string,
  tree: Tree,
  target: string,
  environment: Environment,
  into: Times,
): Promise<void> {
  const job = [
    { do: 'open', store: STORE },
    { do: 'job', prefix: freshPrefix() },
  ] as const;
  const { directory } = tree.first;
  const first = [...job, { do: 'claim' }, { do: 'commit', directory }] as const;
  const timed = (tasks: Parameters<typeof coldMs>[1]): Promise<number> => {
    settleDisk();
    return coldMs(program, tasks, environment);
  };
  into.first.push(await timed(first));
  into.restore.push(await timed([...job, { do: 'restore', target }]));
  rmSync(target, { recursive: true });
  const resume = [...job, { do: 'claim' }, { do: 'restore', target }] as const;
  const next = await tree.withNext((directory) => timed([...resume, { do: 'commit', directory }]));
  into.next.push(next);
}

/** Nobody pays for what another wrote before: left alone, the system writes it out meanwhile. */
function settleDisk(): void {
  execFileSync('sync');
}

async function takePeer(
  peer: Peer,
  tree: Tree,
  target: string,
  environment: Environment,
  into: Times,
): Promise<void> {
  const place = `${BUCKET}/${freshPrefix()}`;
  const timed = (run: () => Promise<number>): Promise<number> => {
    settleDisk();
    return run();
  };
  into.first.push(await timed(() => upload(peer, tree.first.directory, place, environment)));
  into.restore.push(await timed(() => download(peer, place, target, environment)));
  await tree.withNext(async (next) => {
    const elsewhere = `${BUCKET}/${freshPrefix()}`;
    into.next.push(await timed(() => upload(peer, next, elsewhere, environment)));
    into.other.push(await timed(() => upload(peer, next, place, environment)));
  });
}

/** The rows of one tree; goals that name a peer which was not measured are left out. */
export function timeRows(table: string, { size }: Tree, medians: Medians): Measurement[] {
  const at = `at N = ${format(size)}`;
  const of = (key: keyof Times) =>
    Object.fromEntries(
      PEERS.flatMap((peer) => (medians[peer] ? [[peer, medians[peer][key]] as const] : [])),
    );
  const ours = (key: keyof Times) => medians.ours?.[key] ?? Number.NaN;
  const rows: Measurement[] = [
    {
      what: `incremental commit ${at}`,
      ours: ours('next'),
      peers: of('next'),
      goal: within('aws s3 sync', 50),
      floor: within('aws s3 sync', 20),
    },
    {
      what: `incremental commit ${at}`,
      ours: ours('next'),
      peers: of('next'),
      goal: within('s5cmd', 20),
      floor: within('s5cmd', 5),
    },
    {
      what: `incremental commit ${at}; peers over the copy of the checkpoint before`,
      ours: ours('next'),
      peers: of('other'),
      goal: within('s5cmd', 5),
    },
    {
      what: `incremental commit ${at} that reads every file, as once a minute`,
      ours: ours('other'),
      peers: of('next'),
      goal: within('s5cmd', 5),
    },
    {
      what: `first commit ${at}`,
      ours: ours('first'),
      peers: of('first'),
      goal: within('s5cmd', 6),
      floor: within('s5cmd', 3),
    },
    {
      what: `restore ${at}`,
      ours: ours('restore'),
      peers: of('restore'),
      goal: within('s5cmd', 4),
      floor: within('s5cmd', 2),
    },
    ...coldRows(at, medians),
  ].map((row) => ({ ...row, unit: 'ms', table }));
  return rows.filter(({ goal: { peer }, peers }) => peer === undefined || peer in peers);
}

function coldRows(at: string, { cold, s5cmd }: Medians) {
  if (!cold || !s5cmd) return [];
  const rows = [
    { what: 'first commit', ours: cold.first, s5cmd: s5cmd.first, of: 3 },
    { what: 'restore', ours: cold.restore, s5cmd: s5cmd.restore, of: 2 },
    {
      what: 'restore and incremental commit',
      ours: cold.next,
      s5cmd: s5cmd.restore + s5cmd.next,
      of: 3,
    },
  ];
  return rows.map(({ what, ours, s5cmd, of }) => ({
    what: `cold: ${what} ${at}`,
    ours,
    peers: { s5cmd },
    goal: within('s5cmd', of),
  }));
}

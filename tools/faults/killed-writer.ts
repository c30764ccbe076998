import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Server, startFaultProxy } from '@openevolve-aws/test-servers';
import type { Random } from '../kill/random.ts';
import { drawFault, type FaultKind } from './fault-plan.ts';
import type { WriterReport } from './writer-report.ts';

/** Beside a random moment: the arrival of one of its requests, or of one of its reports. */
export const killPoints = ['request', 'report', 'moment', 'none'] as const;
export type KillPoint = (typeof killPoints)[number];

/** A writer that ended. */
export interface WriterLife {
  readonly name: string;
  readonly reports: readonly WriterReport[];
  readonly faults: readonly FaultKind[];
  /** Where it was killed; `none` when it came to its own end before that. */
  readonly killed: KillPoint;
  /** What must not be: it crashed, or hung. */
  readonly problem: string | null;
  /** Settles when its last write has arrived, which may be in the middle of its successor's life. */
  readonly late: Promise<void>;
}

export interface WriterOptions {
  readonly server: Server;
  readonly uri: string;
  readonly name: string;
  readonly random: Random;
  /** Sees each report when it is made. */
  readonly onReport: (report: WriterReport) => void;
}

const PROGRAM = join(import.meta.dirname, 'writer.ts');
/** Far more than its retries may take. */
const PATIENCE_MS = 60_000;

/** Runs one writer behind faults of its own and kills it, or not, where chance says. */
export async function runWriter(options: WriterOptions): Promise<WriterLife> {
  const { server, uri, name, random, onReport } = options;
  const weather = random.pick([0, 0.5, 1, 2, 3]);
  const point = random.pick<KillPoint>(['request', 'request', 'report', 'moment', 'none']);
  const reports: WriterReport[] = [];
  const faults: FaultKind[] = [];
  let killed: KillPoint = 'none';
  let hung = false;

  const proxy = await startFaultProxy(server);
  const child = spawn(
    process.execPath,
    [
      '--conditions=@openevolve-aws/source',
      PROGRAM,
      uri,
      name,
      String(Math.floor(random.next() * 2 ** 31)),
    ],
    { env: { ...process.env, ...proxy.environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = (where: KillPoint): void => {
    if (child.exitCode === null && child.kill('SIGKILL')) killed = where;
  };
  const lastRequest = point === 'request' ? Math.floor(random.between(0, 60)) : Number.NaN;
  const lastReport = point === 'report' ? Math.floor(random.between(1, 26)) : Number.NaN;
  const timers = [
    setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, PATIENCE_MS),
  ];
  if (point === 'moment') {
    timers.push(setTimeout(() => kill('moment'), random.between(200, 1_500)));
  }
  proxy.plan = ({ index, method }) => {
    // What is under way when it dies is applied, lost, or applied late, as the fault says.
    if (index === lastRequest) kill('request');
    const drawn = drawFault(random, method, weather);
    if (drawn) faults.push(drawn.kind);
    return drawn?.fault ?? null;
  };
  let crash = '';
  child.stderr.on('data', (chunk) => {
    crash += String(chunk);
  });
  const exited = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const report: WriterReport = JSON.parse(line);
    reports.push(report);
    onReport(report);
    if (reports.length === lastReport) kill('report');
  }
  const [code] = await exited;
  for (const timer of timers) clearTimeout(timer);
  const problem = hung
    ? `it did not end within ${PATIENCE_MS} ms`
    : code === 0 || killed !== 'none'
      ? null
      : `it crashed: ${crash}`;
  return { name, reports, faults, killed, problem, late: proxy.stop() };
}

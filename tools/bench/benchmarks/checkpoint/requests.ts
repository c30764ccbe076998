import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '@openevolve-aws/test-servers';

const POLL_MS = 25;

/** Requests by what they cost: writes and lists are dearer than reads. */
export interface Requests {
  readonly writes: number;
  readonly reads: number;
  readonly all: number;
}

/** What the access log of versitygw counts while something runs. */
export async function countRequests(
  server: Server,
  run: () => Promise<unknown>,
): Promise<Requests> {
  const before = (await settledLog(server)).length;
  await run();
  const log = (await settledLog(server)).slice(before);
  const methods = [...log.matchAll(/\| vgw \|.*?\| (GET|HEAD|PUT|POST|DELETE) +\|/g)];
  const writes = methods.filter(([, method]) => method === 'PUT' || method === 'POST').length;
  const reads = methods.filter(([, method]) => method === 'GET' || method === 'HEAD').length;
  return { writes, reads, all: methods.length };
}

/** It comes through a pipe, a moment late. */
async function settledLog(server: Server): Promise<string> {
  for (let log = server.output(); ; ) {
    await delay(POLL_MS);
    const now = server.output();
    if (now.length === log.length) return now;
    log = now;
  }
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Notice } from '@openevolve-aws/job-spec';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readNotice } from './notice-file.ts';
import { watchNotices } from './watch-notices.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notices-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('reports each notice once, passes over a half-written one, and ends when it is told to', async () => {
  const path = join(folder, 'notice.json');
  const controller = new AbortController();
  const seen: Notice[] = [];
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  await writeFile(path, '{"action": "rebal');
  const source = { kind: 'host file', read: () => readNotice(path) } as const;
  const watching = watchNotices(
    source,
    controller.signal,
    (notice) => {
      seen.push(notice);
      (seen.length === 1 ? first : second).resolve();
    },
    () => undefined,
  );
  const rebalance = { action: 'rebalance', time: '2026-01-01T00:00:00Z' };
  await writeFile(path, JSON.stringify(rebalance));
  await first.promise;
  const terminate = { action: 'terminate', time: '2026-01-01T00:02:00Z' };
  await writeFile(path, JSON.stringify(terminate));
  await second.promise;
  controller.abort();
  await watching;
  expect(seen).toEqual([rebalance, terminate]);
});

it('goes on when a source cannot be read for a while, and says so once', async () => {
  const controller = new AbortController();
  const notice: Notice = { action: 'terminate', time: '2026-01-01T00:02:00Z' };
  const problems: string[] = [];
  let looks = 0;
  const source = {
    kind: 'host file',
    read: async () => {
      looks += 1;
      if (looks < 3) {
        throw new Error('EIO');
      }
      return notice;
    },
  } as const;
  const seen = Promise.withResolvers<Notice>();
  const watching = watchNotices(source, controller.signal, seen.resolve, (reason) =>
    problems.push(reason),
  );
  expect(await seen.promise).toEqual(notice);
  controller.abort();
  await watching;
  expect(problems).toEqual(['Error: EIO']);
});

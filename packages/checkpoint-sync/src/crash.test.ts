import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CommitEntry } from '@openevolve-aws/job-spec';
import { FolderStore, MemoryStore, type ObjectStore } from '@openevolve-aws/object-store';
import { FaultStore } from '@openevolve-aws/object-store/testing';
import { describe, expect, it } from 'vitest';
import {
  claimant,
  commitOf,
  programs,
  readTree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { listCommits, restoreNewest, verifyCommit } from './read-only.ts';
import { claimJob } from './session.ts';

/** An attempt: restore, then three commits. Gives what was acknowledged, also when it dies. */
async function attempt(store: ObjectStore, folder: string, acknowledged: CommitEntry[]) {
  const session = await claimJob(store, claimant);
  await session.restore(join(folder, `work-${session.generation}`));
  for (const done of [3, 6, 9]) {
    acknowledged.push(await session.commit(commitOf(join(folder, `${done}`), done)));
  }
}

describe.each([
  ['MemoryStore', () => new MemoryStore()],
  ['FolderStore', () => new FolderStore(temporaryFolder())],
] as const)('a writer that dies, over a %s', (_, makeStore) => {
  it.each(['die-before', 'die-after'] as const)(
    'leaves whole commits only, and all that were acknowledged, whichever call it dies at: %s',
    async (fault) => {
      const folder = temporaryFolder();
      for (const done of [3, 6, 9]) writeTree(join(folder, `${done}`), programs(0, done));
      let died = 0;
      for (let cut = 0; ; cut++) {
        const store = makeStore();
        const acknowledged: CommitEntry[] = [];
        const mortal = new FaultStore(store, ({ index }) => (index === cut ? fault : null));
        const finished = await attempt(mortal, join(folder), acknowledged).then(
          () => true,
          () => false,
        );
        if (finished && mortal.calls.length <= cut) break;
        died += 1;

        const commits = await listCommits(store);
        for (const commit of commits) await verifyCommit(store, commit);
        const visible = commits.map(({ seq }) => seq);
        for (const { seq } of acknowledged) expect(visible, `cut ${cut}`).toContain(seq);
        const target = join(folder, `restored-${fault}-${cut}`);
        const { commit, skipped } = await restoreNewest(store, target);
        expect(skipped, `cut ${cut}`).toEqual([]);
        if (commit)
          expect(readTree(target)).toEqual(readTree(join(folder, `${commit.ledger.done}`)));
        expect(commit?.seq ?? 0, `cut ${cut}`).toBeGreaterThanOrEqual(
          acknowledged.at(-1)?.seq ?? 0,
        );

        // The next attempt goes on, whatever the dead one left.
        const heir = await claimJob(store, claimant);
        await heir.restore(join(folder, `heir-${fault}-${cut}`));
        await verifyCommit(store, await heir.commit(commitOf(join(folder, '9'), 9)));
      }
      // List, claim, and a PUT of a pack and of an entry for each commit: all were cut at.
      expect(died).toBe(8);
    },
  );
});

it('a process that is killed at any moment leaves whole commits, with the content they name', async () => {
  const folder = temporaryFolder();
  const root = join(folder, 'store');
  const session = new URL('./session.ts', import.meta.url).href;
  const fixtures = new URL('../tests/fixtures.ts', import.meta.url).href;
  const script = `
    import { FolderStore } from '@openevolve-aws/object-store';
    const { claimJob } = await import(${JSON.stringify(session)});
    const { claimant, commitOf } = await import(${JSON.stringify(fixtures)});
    const { mkdirSync, writeFileSync } = await import('node:fs');
    const writer = await claimJob(new FolderStore(${JSON.stringify(root)}), claimant);
    for (let n = 1; ; n++) {
      const home = ${JSON.stringify(folder)} + '/' + writer.generation + '-' + n;
      mkdirSync(home);
      writeFileSync(home + '/metadata.json', String(n));
      writeFileSync(home + '/large.json', String(n).repeat(100_000));
      console.log(String((await writer.commit(commitOf(home, n))).seq));
    }`;
  const packageRoot = fileURLToPath(new URL('..', import.meta.url));
  const flags = ['--conditions=@openevolve-aws/source', '--input-type=module', '-e', script];
  for (let round = 0; round < 4; round++) {
    const child = spawn('node', flags, { cwd: packageRoot, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let acknowledged = 0;
    let enough = 3 + round;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      // Another moment of the next commit in each round.
      if (--enough === 0) setTimeout(() => child.kill('SIGKILL'), round * 3);
    }
    await exited;
    expect(acknowledged).toBeGreaterThan(0);
    const store = new FolderStore(root);
    for (const commit of await listCommits(store)) await verifyCommit(store, commit);
    const target = join(folder, `killed-${round}`);
    const { commit, skipped } = await restoreNewest(store, target);
    expect(skipped).toEqual([]);
    expect(commit?.seq).toBeGreaterThanOrEqual(acknowledged);
    const home = join(folder, `${commit?.generation}-${commit?.ledger.done}`);
    expect(readTree(target)).toEqual(readTree(home));
  }
}, 30_000);

it('a restore that dies at any call leaves nothing at its target', async () => {
  const store = new MemoryStore();
  const folder = temporaryFolder();
  const session = await claimJob(store, claimant);
  for (const done of [200, 203]) {
    await session.commit(commitOf(writeTree(join(folder, `${done}`), programs(0, done)), done));
  }
  let died = 0;
  for (let cut = 0; ; cut++) {
    const mortal = new FaultStore(store, ({ index }) => (index === cut ? 'die-before' : null));
    const target = join(folder, `target-${cut}`);
    const error = await restoreNewest(mortal, target).then(
      () => null,
      (caught: unknown) => caught,
    );
    if (!error) {
      expect(readTree(target)).toEqual(readTree(join(folder, '203')));
      break;
    }
    died += 1;
    expect(error).toMatchObject({ code: 'UNAVAILABLE', permanent: false });
    expect(existsSync(target)).toBe(false);
  }
  expect(died).toBeGreaterThan(5);
});

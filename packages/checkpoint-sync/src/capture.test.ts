import { hash } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { programs, temporaryFolder, writeTree } from '../tests/fixtures.ts';
import { type Capture, captureDirectory, type KnownContent, NO_EVIDENCE } from './capture.ts';
import { PackBuilder } from './pack-builder.ts';

const NOTHING: KnownContent = { listing: new Map(), evidence: NO_EVIDENCE };
/** More than the grain of time stamps that a capture allows for. */
const AGE_MS = 150;

async function capture(directory: string, known: KnownContent, fullCheck = false) {
  await using builder = new PackBuilder('packs/1-1');
  return captureDirectory(directory, known, builder, fullCheck);
}

/** Says of every file that it has other content than it does: what is not read again keeps it. */
function mistaken({ listing, evidence }: Capture): KnownContent {
  const sha256 = 'f'.repeat(64);
  const files = [...listing].map(([path, file]) => [path, { ...file, sha256 }] as const);
  return { listing: new Map(files), evidence };
}

function readAgain({ listing }: Capture): string[] {
  return [...listing.values()].filter(({ sha256 }) => !/^f+$/.test(sha256)).map(({ path }) => path);
}

/** Five programs that were written a moment ago, and links to them, as a runner saves. */
async function twoCheckpoints(): Promise<{ first: string; second: string }> {
  const folder = temporaryFolder();
  const first = writeTree(join(folder, 'first'), programs(0, 5));
  const second = join(folder, 'second');
  // `utimesSync` cannot give back fractions of a millisecond.
  for (const name of readdirSync(join(first, 'programs'))) {
    utimesSync(join(first, 'programs', name), 1_000, 1_000);
  }
  await delay(AGE_MS);
  mkdirSync(join(second, 'programs'), { recursive: true });
  return { first, second };
}

function linkPrograms(first: string, second: string): void {
  for (const name of readdirSync(join(first, 'programs'))) {
    linkSync(join(first, 'programs', name), join(second, 'programs', name));
  }
}

/** Another content of the same size, with the times of the old one set again. */
function rewriteInPlace(path: string): void {
  writeFileSync(path, 'x'.repeat(statSync(path).size));
  utimesSync(path, 1_000, 1_000);
}

describe('what a capture reads again', () => {
  it('is everything that was written just now, since another write could leave the same times', async () => {
    const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 5));
    const young = await capture(source, NOTHING);
    expect(readAgain(await capture(source, mistaken(young)))).toHaveLength(8);
  });

  it('is what was written just now, and linked into a new directory since', async () => {
    const { second } = await twoCheckpoints();
    const young = writeTree(join(second, '../young'), programs(0, 5));
    const known = mistaken(await capture(young, NOTHING));
    linkPrograms(young, second);
    expect(readAgain(await capture(second, known))).toHaveLength(5);
  });

  it('is nothing when inodes, sizes and times are as before, unless all is asked for', async () => {
    const { first } = await twoCheckpoints();
    const known = mistaken(await capture(first, NOTHING));
    expect(readAgain(await capture(first, known))).toEqual([]);
    expect(readAgain(await capture(first, known, true))).toHaveLength(8);
  });

  it('is not what was linked into a new directory, again and again', async () => {
    const { first, second } = await twoCheckpoints();
    let known = mistaken(await capture(first, NOTHING));
    linkPrograms(first, second);
    known = mistaken(await capture(second, known));
    const again = await capture(first, known);
    expect(readAgain(again).filter((path) => path.startsWith('programs/'))).toEqual([]);
  });

  it('is everything once all files were last read a minute ago', async () => {
    const { first, second } = await twoCheckpoints();
    linkPrograms(first, second);
    const { listing, evidence } = mistaken(await capture(first, NOTHING));
    const fullCheckMs = evidence.fullCheckMs - 60_001;
    const again = await capture(second, { listing, evidence: { ...evidence, fullCheckMs } });
    expect(readAgain(again)).toHaveLength(5);
    expect(again.evidence.fullCheckMs).toBeGreaterThan(evidence.fullCheckMs);
  });

  it('is, in the same directory, a file changed in place with its size and times as before', async () => {
    const { first } = await twoCheckpoints();
    const known = mistaken(await capture(first, NOTHING));
    const [name = ''] = readdirSync(join(first, 'programs'));
    rewriteInPlace(join(first, 'programs', name));
    expect(readAgain(await capture(first, known))).toEqual([`programs/${name}`]);
  });

  it('is, in a new directory, such a file by the next check of all files', async () => {
    const { first, second } = await twoCheckpoints();
    const known = mistaken(await capture(first, NOTHING));
    const [name = ''] = readdirSync(join(first, 'programs'));
    linkPrograms(first, second);
    rewriteInPlace(join(second, 'programs', name));
    const quick = await capture(second, known);
    expect(readAgain(quick)).toEqual([]);
    const content = 'x'.repeat(statSync(join(second, 'programs', name)).size);
    const { listing } = await capture(second, mistaken(quick), true);
    expect(listing.get(`programs/${name}`)?.sha256).toBe(hash('sha256', content));
  });

  it('is a file whose inode was replaced by one of the same size and time', async () => {
    const { first, second } = await twoCheckpoints();
    const known = mistaken(await capture(first, NOTHING));
    linkPrograms(first, second);
    const [name = ''] = readdirSync(join(first, 'programs'));
    const path = join(second, 'programs', name);
    writeFileSync(`${path}.new`, 'y'.repeat(statSync(path).size));
    utimesSync(`${path}.new`, 1_000, 1_000);
    renameSync(`${path}.new`, path);
    expect(readAgain(await capture(second, known))).toEqual([`programs/${name}`]);
  });
});

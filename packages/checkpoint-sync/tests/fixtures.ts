import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { emptyLedger, type Ledger } from '@openevolve-aws/job-spec';
import { onTestFinished } from 'vitest';
import type { Claimant, CommitOptions } from '../src/session.ts';

export type Tree = Record<string, string | Uint8Array>;

export const claimant: Claimant = { submission: 1, batchJobId: null, batchAttempt: null };

/** A folder that is removed when the test ends; in memory where the system has such a place. */
export function temporaryFolder(): string {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(join(parent, 'checkpoint-sync-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files, and gives the directory. */
export function writeTree(directory: string, tree: Tree): string {
  mkdirSync(directory, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

/** All files of a directory, their content as base64, so that trees compare as values. */
export function readTree(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [relative(directory, path), readFileSync(path).toString('base64')]),
  );
}

export function ledger(done: number): Ledger {
  return { ...emptyLedger(1_000), done, candidates: done, lastIteration: done };
}

/** The arguments of a commit after `done` iterations. */
export function commitOf(directory: string, done: number): CommitOptions {
  return {
    directory,
    label: `checkpoint_${done}`,
    reason: 'timer',
    ledger: ledger(done),
    initial: null,
    best: null,
    earlyStopping: null,
  };
}

/** One program as OpenEvolve stores it, 4 to 20 KB; the same for the same number. */
export function program(number: number): string {
  const words = ['return', 'lambda', 'self', 'score', 'range', 'import', 'numpy', 'evaluate'];
  let state = number * 2_654_435_761 + 1;
  const code: string[] = [];
  const length = 600 + (number % 7) * 250;
  for (let word = 0; word < length; word++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    code.push(`${words[state >>> 29]}_${(state >>> 12) % 5_000}`);
  }
  return JSON.stringify({
    id: number,
    code: code.join(' '),
    metrics: { combined_score: number / 7 },
  });
}

/** A checkpoint of programs `from` to `to`. */
export function programs(from: number, to: number): Tree {
  const tree: Tree = {
    'metadata.json': JSON.stringify({ last_iteration: to, archive: [from, to] }),
    'best_program.py': `print(${to})\n`,
    'best_program_info.json': JSON.stringify({ iteration: to }),
  };
  for (let number = from; number < to; number++) {
    tree[`programs/${number.toString(16).padStart(8, '0')}-5b1c.json`] = program(number);
  }
  return tree;
}

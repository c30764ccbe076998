import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Random } from '../kill/random.ts';

/** A checkpoint directory as text by path. */
export type Tree = ReadonlyMap<string, string>;

const NEW_PROGRAMS = 4;
const MOST_PROGRAMS = 40;
/** Of the evaluator's notes: with lines enough for a file that is stored as a difference. */
const NOTES = 1_000;

/**
 * The checkpoint after one more round of evolution: some programs more, sometimes some fewer, files
 * that every checkpoint has anew, and a large one of which little changes.
 *
 * @param id in its metadata, so that no two checkpoints are the same.
 */
export function evolve(before: Tree, id: string, random: Random): Tree {
  const tree = new Map(before);
  for (let added = 0; added < NEW_PROGRAMS; added++) {
    const name = Math.floor(random.next() * 2 ** 32).toString(16);
    tree.set(`programs/${name}.json`, program(name, random));
  }
  const programs = [...tree.keys()].filter((path) => path.startsWith('programs/'));
  for (const path of programs.slice(0, Math.max(0, programs.length - MOST_PROGRAMS))) {
    tree.delete(path);
  }
  tree.set('metadata.json', JSON.stringify({ id, programs: programs.length }));
  tree.set('best_program.py', `print(${random.next()})\n`);
  const notes =
    before.get('notes.txt')?.split('\n') ?? Array.from({ length: NOTES }, () => note(random));
  notes[Math.floor(random.next() * notes.length)] = note(random);
  tree.set('notes.txt', notes.join('\n'));
  return tree;
}

function note(random: Random): string {
  return Array.from({ length: 4 }, () => random.next().toString(36)).join(' ');
}

function program(id: string, random: Random): string {
  const length = Math.floor(random.between(20, 400));
  const code = Array.from({ length }, () => Math.floor(random.next() * 1_000)).join(' + ');
  return JSON.stringify({ id, code });
}

export async function writeTree(folder: string, tree: Tree): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, content] of tree) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

export async function readTree(folder: string): Promise<Tree> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const tree = new Map<string, string>();
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    tree.set(path.slice(folder.length + 1), await readFile(path, 'utf8'));
  }
  return tree;
}

/** One value for all paths and bytes of a tree. */
export function digest(tree: Tree): string {
  const hash = createHash('sha256');
  for (const [path, content] of [...tree].sort(([left], [right]) => (left < right ? -1 : 1))) {
    hash.update(JSON.stringify([path, content]));
  }
  return hash.digest('hex');
}

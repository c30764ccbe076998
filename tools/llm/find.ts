import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files below a folder that hold a text, in any of their bytes. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // What vanishes meanwhile holds nothing.
    const content = entry.isFile() ? await readFile(path).catch(() => Buffer.alloc(0)) : null;
    if (content?.includes(text)) found.push(path);
  }
  return found;
}

/** Processes below one that show a text in their environment or their arguments. */
export async function childrenWith(parent: number, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await descendants(parent)) {
    for (const file of ['environ', 'cmdline']) {
      const content = await readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0));
      if (content.includes(text)) found.push(`${pid} ${file}`);
    }
  }
  return found;
}

/** All processes that descend from one. */
export async function descendants(parent: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // "pid (name) state parent ...", where the name may hold anything.
    parents.set(Number(name), Number(stat.split(') ').at(-1)?.split(' ')[1]));
  }
  const below = (pid: number): boolean => {
    const above = parents.get(pid);
    return above !== undefined && (above === parent || below(above));
  };
  return [...parents.keys()].filter(below);
}

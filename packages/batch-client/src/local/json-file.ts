import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseDocument } from '@openevolve-aws/job-spec';
import type { z } from 'zod';

const extension = '.json';

/** Replaces a document whole: a reader sees the old or the new one, also after a power failure. */
export async function replaceJson(path: string, document: object): Promise<void> {
  const temporary = await writeBeside(path, document);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a document that must not be there yet. */
export async function createJson(path: string, document: object): Promise<void> {
  const temporary = await writeBeside(path, document);
  try {
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
}

async function writeBeside(path: string, document: object): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  await writeFile(temporary, `${JSON.stringify(document, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  return temporary;
}

/** A new name is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The document, or null when there is none. */
export async function readJson<
  S extends z.ZodObject<{ version: z.ZodLiteral<number> } & z.ZodRawShape>,
>(schema: S, path: string): Promise<z.output<S> | null> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  return content === null ? null : parseDocument(schema, content, path);
}

/** Names of the documents in a folder, without their extension; none for a missing folder. */
export async function listJson(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw error;
  });
  return names
    .filter((name) => name.endsWith(extension) && !name.startsWith('.'))
    .map((name) => name.slice(0, -extension.length));
}

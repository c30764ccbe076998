import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KnownCommands } from './commands.ts';
import { type MarkdownDocument, parseMarkdown } from './markdown.ts';

const root = path.join(import.meta.dirname, '../..');

/** All documents of the repository, and what they may refer to. */
export interface Repository extends KnownCommands {
  readonly documents: readonly MarkdownDocument[];
}

/** Reads it as it is on this machine, without what git ignores. */
export function readRepository(): Repository {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const files = listed.split('\n').filter((file) => file !== '' && existsSync(inRoot(file)));
  const { scripts } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return {
    files: new Set(files),
    scripts: new Set(Object.keys(scripts)),
    documents: files
      .filter((file) => file.endsWith('.md'))
      .map((file) => parseMarkdown(file, readFileSync(inRoot(file), 'utf8'))),
  };
}

function inRoot(file: string): string {
  return path.join(root, file);
}

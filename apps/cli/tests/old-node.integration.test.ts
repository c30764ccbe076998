import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The machine's own Node, when the command does not run on it. */
function oldNode(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const node of folders.map((folder) => join(folder, 'node'))) {
    try {
      const version = execFileSync(node, ['--version'], { encoding: 'utf8' });
      const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
      if (major < 22 || (major === 22 && minor < 12)) {
        return node;
      }
    } catch {
      // No Node there.
    }
  }
  return null;
}

const node = oldNode();

it.skipIf(node === null)('says on an old Node which one it needs', () => {
  const { status, stderr } = spawnSync(node ?? '', [program, '--version'], { encoding: 'utf8' });
  expect(stderr).toMatch(/^openevolve-aws needs Node 22\.12 or newer, and this is Node \S+: .*\n$/);
  expect(status).toBe(2);
});

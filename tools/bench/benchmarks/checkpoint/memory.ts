import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Measurement } from '../../benchmark.ts';
import { Engine } from './engine.ts';
import { BUCKET, format, freshPrefix, type Setup } from './setup.ts';
import type { Tree } from './tree.ts';

const MIB = 1024 * 1024;
const ARTIFACT_MIB = 500;
/**
 * As the image and the local backend start the entrypoint: by itself V8 lets its space for new
 * values grow to as much as all that the engine holds.
 */
const NODE_FLAGS = ['--max-semi-space-size=4'];

/** Peaks of a process that commits and of one that restores, above what they had before. */
export async function measureMemory(setup: Setup, tree: Tree): Promise<Measurement[]> {
  const { folder, server, program } = setup;
  const { directory, size } = tree.after(tree.first);
  writeArtifact(join(directory, 'artifacts'));
  const target = join(folder, 'restored');
  const stores = {
    S3: `s3://${BUCKET}`,
    'a folder': pathToFileURL(join(folder, 'store')).href,
  };
  const rows: Omit<Measurement, 'table'>[] = [];
  for (const [name, store] of Object.entries(stores)) {
    const job = { do: 'job', prefix: freshPrefix() } as const;
    const added = async (use: (engine: Engine) => Promise<{ peakMib: number }>) => {
      await using engine = await Engine.start(program, store, server.environment, NODE_FLAGS);
      const before = await engine.run(job);
      return (await use(engine)).peakMib - before.peakMib;
    };
    const commits = await added(async (engine) => {
      await engine.run({ do: 'claim' });
      await engine.run({ do: 'commit', directory });
      const next = tree.after({ directory, size });
      return engine.run({ do: 'commit', directory: next.directory });
    });
    const restore = await added((engine) => engine.run({ do: 'restore', target }));
    rmSync(target, { recursive: true });
    const row = { unit: 'MiB', peers: {}, goal: { atMost: 64 } };
    rows.push(
      { ...row, what: `commits, ${name}`, ours: commits },
      { ...row, what: `a restore, ${name}`, ours: restore },
    );
  }
  const table = `Peak memory added, N = ${format(size)} and an artifact of ${ARTIFACT_MIB} MiB`;
  return rows.map((row) => ({ ...row, table }));
}

/** Content that cannot be compressed, the same each time. */
function writeArtifact(folder: string): void {
  mkdirSync(folder);
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  const file = openSync(join(folder, 'large.bin'), 'wx');
  for (let piece = 0; piece < ARTIFACT_MIB; piece++) writeSync(file, noise.update(zeros));
  closeSync(file);
}

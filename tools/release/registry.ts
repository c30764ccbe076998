import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { run } from './run.ts';

const program = join(import.meta.dirname, 'registry');

export interface Registry {
  readonly url: string;
  /** The newest version of a package in it. */
  latest(name: string): Promise<string>;
  stop(): void;
}

const packageSchema = z.object({ 'dist-tags': z.object({ latest: z.string() }) });

/**
 * Starts a registry that has nothing of ours, and gives everything else from the one that npm is
 * configured with.
 *
 * @param folder for its configuration and packages.
 */
export async function startRegistry(folder: string): Promise<Registry> {
  const here = { cwd: program, env: process.env };
  if (!existsSync(join(program, 'node_modules', '.package-lock.json'))) {
    await run(here, 'npm', 'ci', '--ignore-scripts', '--loglevel=error');
  }
  const upstream = (await run(here, 'npm', 'config', 'get', 'registry')).trim();
  const configuration = join(folder, 'config.yaml');
  // Ours have no upstream: what is not published in the rehearsal is not there.
  await writeFile(
    configuration,
    `storage: ${join(folder, 'packages')}
uplinks:
  upstream:
    url: ${upstream}
    timeout: 120s
    maxage: 60m
packages:
  '@openevolve-aws/*':
    access: $all
    publish: $all
  '**':
    access: $all
    proxy: upstream
log: { type: stdout, format: json, level: error }
`,
  );
  const child = spawn(process.execPath, ['serve.mjs', configuration], {
    cwd: program,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { port } = z.looseObject({ port: z.number().optional() }).parse(JSON.parse(line));
    if (port !== undefined) {
      const url = `http://127.0.0.1:${port}/`;
      // What it says from now on is of no use, and must not block it.
      child.stdout.resume();
      return {
        url,
        async latest(name) {
          const response = await fetch(`${url}${name.replace('/', '%2f')}`);
          return packageSchema.parse(await response.json())['dist-tags'].latest;
        },
        stop: () => {
          child.kill();
        },
      };
    }
  }
  throw new Error('The registry ended before it served anything; what it wrote is above.');
}

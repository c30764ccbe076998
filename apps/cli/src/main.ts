#!/usr/bin/env node
// Whole, since an older Node has no enableCompileCache and would not even start on its name.
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const oldestNode = [22, 12] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  process.stderr.write(
    `openevolve-aws needs Node ${oldestNode.join('.')} or newer, and this is Node ${process.versions.node}: install a newer one; Node 24 is recommended.\n`,
  );
  process.exitCode = 2;
} else {
  // A failing code until a command has said how it ended.
  process.exitCode = 70;
  // What was compiled once is not compiled again: half of a command's time.
  module.enableCompileCache(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'openevolve-aws', 'compiled'),
  );
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}

#!/usr/bin/env node
const oldestNode = 22;

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestNode) {
  process.stderr.write(
    `openevolve-aws needs Node ${oldestNode} or newer, and this is Node ${process.versions.node}: install a newer one.\n`,
  );
  process.exitCode = 2;
} else {
  // A failing code until a command has said how it ended.
  process.exitCode = 70;
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}

const oldestNode = 22;

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestNode) {
  process.stderr.write(
    `ERROR The entrypoint needs Node ${oldestNode} or newer, and this is Node ${process.versions.node}.\n`,
  );
  process.exitCode = 64;
} else if (process.argv[2] === 'prepare-python') {
  const { preparePython } = await import('./python/prepare.ts');
  process.exitCode = await preparePython();
} else {
  // Whatever ends the process before its work says so counts as a crash of ours.
  process.exitCode = 70;
  const { runContainer } = await import('./container.ts');
  // Timers and sockets of an attempt that is over must not keep the machine.
  process.exit(await runContainer(process.env));
}

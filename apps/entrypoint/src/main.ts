const oldestNode = [22, 12] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  process.stderr.write(
    `ERROR The entrypoint needs Node ${oldestNode.join('.')} or newer, and this is Node ${process.versions.node}.\n`,
  );
  process.exitCode = 64;
} else if (process.argv[2] === 'prepare-python') {
  const { preparePython } = await import('./python/prepare.ts');
  process.exitCode = await preparePython();
} else {
  // Whatever ends the process before its work says so counts as a crash of ours.
  process.exitCode = 70;
  // The log may be on a full disk, or its reader gone: the work goes on without it.
  process.stdout.on('error', () => undefined);
  const { runContainer } = await import('./container.ts');
  // Timers and sockets of an attempt that is over must not keep the machine.
  process.exit(await runContainer(process.env));
}

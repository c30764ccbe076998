/** What standard output failed with; whoever reads it may have seen enough. */
let failure: NodeJS.ErrnoException | null = null;

/**
 * Lets a command do its work also when nobody reads what it prints, as in `submit … | head -1`: a
 * reader that went away fails nothing. Output that could not be stored, on a full disk, fails the
 * command at its end.
 *
 * @param exitCode of a command that has done its work and could not print all of it.
 */
export function outlastReaders(exitCode: number): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  // There is nowhere left to tell it.
  process.stderr.on('error', () => undefined);
  process.on('exit', (code) => {
    if (failure !== null && failure.code !== 'EPIPE' && code === 0) {
      process.stderr.write(
        `openevolve-aws: Not all of the output could be written (${failure.message}).\n`,
      );
      process.exitCode = exitCode;
    }
  });
}

/** Whether what is printed still goes somewhere; what does nothing else can end when it does not. */
export function isOutputRead(): boolean {
  return failure === null;
}

/** What AWS Batch, or the local supervisor in its place, does after an exit code. */
export type RetryAction = 'RETRY' | 'EXIT';

export interface ContainerExitCode {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
  /** `null` for success, which is never retried. */
  readonly action: RetryAction | null;
  readonly next: string;
}

/**
 * The container's exit codes. Stable: a code never changes its meaning. 1 is never chosen, so it
 * always means a crash; 137 and 143 come from the kernel and are retried.
 */
export const containerExitCodes = [
  {
    code: 0,
    name: 'DONE',
    meaning:
      'the asked iterations are done, or the target or an early stop was reached, and the outputs are written',
    action: null,
    next: 'Download the results.',
  },
  {
    code: 64,
    name: 'BAD_SPEC',
    meaning: 'the job document or the environment breaks its contract',
    action: 'EXIT',
    next: 'Submit again with the release that is deployed.',
  },
  {
    code: 65,
    name: 'BAD_PROGRAM',
    meaning: 'the program, the evaluator or the config cannot be used',
    action: 'EXIT',
    next: 'Mend what the log names and submit again.',
  },
  {
    code: 66,
    name: 'INPUT_MISSING',
    meaning: 'an input is missing or differs from what was submitted',
    action: 'EXIT',
    next: 'Submit again.',
  },
  {
    code: 69,
    name: 'LLM_UNAVAILABLE',
    meaning: 'the model provider failed for longer than the limit; the work is saved',
    action: 'EXIT',
    next: 'Resume when the provider is back.',
  },
  {
    code: 70,
    name: 'INTERNAL',
    meaning: 'a fault of this software, caught',
    action: 'EXIT',
    next: 'Report it with the log.',
  },
  {
    code: 71,
    name: 'NO_CANDIDATE',
    meaning: 'no iteration produced a program that could be evaluated',
    action: 'EXIT',
    next: 'Look at the first ERROR lines: model, prompt or evaluator.',
  },
  {
    code: 72,
    name: 'SUPERSEDED',
    meaning: 'a newer attempt has claimed the job; this one wrote nothing more',
    action: 'EXIT',
    next: 'Nothing: the newer attempt goes on.',
  },
  {
    code: 73,
    name: 'STOPPED',
    meaning: 'stopped on request; the work is saved',
    action: 'EXIT',
    next: 'Resume to go on.',
  },
  {
    code: 75,
    name: 'GO_ON',
    meaning:
      'to be gone on with in another attempt: interrupted, a worker lost, ended short, or outputs not yet written',
    action: 'RETRY',
    next: 'Nothing: the next attempt goes on by itself.',
  },
  {
    code: 77,
    name: 'LLM_KEY_REFUSED',
    meaning: 'the key of the model provider is missing or refused',
    action: 'EXIT',
    next: 'Store a valid key and resume.',
  },
  {
    code: 78,
    name: 'CAP_REACHED',
    meaning: 'the spending cap is reached; the work is saved and the results are written',
    action: 'EXIT',
    next: 'Raise the cap and resume, or take the results.',
  },
] as const satisfies readonly ContainerExitCode[];

export type ContainerExitName = (typeof containerExitCodes)[number]['name'];

/** Codes by name: `containerExit.GO_ON` is 75. */
export const containerExit = Object.fromEntries(
  containerExitCodes.map(({ name, code }) => [name, code]),
) as Readonly<Record<ContainerExitName, number>>;

/**
 * A code in words, also for those that no program chose.
 *
 * @example
 * describeContainerExit(137); // 'killed by signal 9 (SIGKILL)'
 */
export function describeContainerExit(code: number): string {
  const known = containerExitCodes.find((entry) => entry.code === code);
  if (known) {
    return known.meaning;
  }
  if (code === 137) {
    return 'killed by signal 9 (SIGKILL): out of memory, or the machine was taken away';
  }
  if (code > 128) {
    return `ended by signal ${code - 128}`;
  }
  return `ended with exit code ${code}, which this software never chooses`;
}

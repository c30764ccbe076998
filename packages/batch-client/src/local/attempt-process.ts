import { setTimeout as delay } from 'node:timers/promises';
import { containerExit, type Notice } from '@openevolve-aws/job-spec';
import { replaceJson } from './json-file.ts';
import type { AttemptOutcome } from './lifecycle.ts';
import { isRunning, type ProcessIdentity, processStartTime } from './process-identity.ts';

/** What a machine keeps running after it has sent SIGTERM, as the launch template sets it. */
const STOP_TIMEOUT_MS = 120_000;
/** What a machine that is taken away gives after its notice has run out. */
const TAKEN_TIMEOUT_MS = 2_000;
/** Between looks at a process that is no child of ours. */
const LOOK_MS = 250;

interface AttemptProcessOptions {
  /** A process that leads a group of its own. */
  readonly identity: ProcessIdentity;
  /** Where the attempt looks for a Spot notice. */
  readonly notice: string;
  /** The exit code, or 128 + the signal's number; null when nobody could see it. Never rejects. */
  readonly ended: Promise<number | null>;
  /** Lets the attempt see that its supervisor is gone, and this process end without it. */
  readonly letGo: () => void;
  /** Removes its files after its end. */
  readonly removeFiles: () => Promise<void>;
  readonly report: (line: string) => void;
}

/** A running attempt, in the place of a container on a machine of its own. */
export class AttemptProcess {
  readonly identity: ProcessIdentity;
  /** Settles once, after what the attempt left behind is gone. Never rejects. */
  readonly exited: Promise<AttemptOutcome>;
  readonly #options: AttemptProcessOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #interrupted = false;
  #signalled = false;

  constructor(options: AttemptProcessOptions) {
    this.identity = options.identity;
    this.#options = options;
    this.exited = this.#outcome();
  }

  /** SIGTERM, and SIGKILL to the whole group when that does not help in time. */
  terminate(timeoutMs = STOP_TIMEOUT_MS): void {
    this.#signal(this.identity.pid, 'SIGTERM');
    this.killLater(timeoutMs);
  }

  /** SIGKILL to the whole group, if it has not ended until then. */
  killLater(timeoutMs = STOP_TIMEOUT_MS): void {
    this.#later(timeoutMs, () => this.#signal(-this.identity.pid, 'SIGKILL'));
  }

  /** A Spot notice now, the end of the machine when its time is up. */
  async interrupt(noticeSeconds: number): Promise<void> {
    this.#interrupted = true;
    if (noticeSeconds === 0) {
      this.#signal(-this.identity.pid, 'SIGKILL');
      return;
    }
    const time = new Date(Date.now() + noticeSeconds * 1000).toISOString();
    this.#later(noticeSeconds * 1000, () => this.terminate(TAKEN_TIMEOUT_MS));
    await replaceJson(this.#options.notice, { action: 'terminate', time } satisfies Notice);
  }

  /**
   * Gives the attempt up: it saves and ends by itself, as it does when its supervisor has died, and
   * keeps this process alive no longer.
   */
  letGo(): void {
    this.#clearTimers();
    this.#options.letGo();
  }

  async #outcome(): Promise<AttemptOutcome> {
    const { ended, removeFiles, report } = this.#options;
    const exitCode = await ended;
    this.#clearTimers();
    try {
      await killLeftovers(this.identity.pid);
      await removeFiles();
    } catch (error) {
      report(`process ${this.identity.pid} has left something behind: ${String(error)}`);
    }
    const endedByUs = this.#signalled && exitCode !== null && exitCode > 128;
    return {
      exitCode,
      machineTaken:
        exitCode === null || (this.#interrupted && (exitCode === containerExit.GO_ON || endedByUs)),
    };
  }

  #signal(target: number, signal: NodeJS.Signals): void {
    this.#signalled = true;
    isRunning(this.identity)
      .then((running) => running && sendSignal(target, signal))
      .catch((error: unknown) =>
        this.#options.report(`process ${target} did not get ${signal}: ${String(error)}`),
      );
  }

  #later(milliseconds: number, action: () => void): void {
    this.#timers.add(setTimeout(action, milliseconds));
  }

  #clearTimers(): void {
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
  }
}

/** Settles when a process that is no child of ours has ended, or when nobody cares any more. */
export async function untilEnded(identity: ProcessIdentity, signal: AbortSignal): Promise<null> {
  while (!signal.aborted && (await isRunning(identity))) {
    await delay(LOOK_MS, undefined, { ref: false });
  }
  return null;
}

/** What an attempt may have left in its group dies with its machine. */
async function killLeftovers(pid: number): Promise<void> {
  // A group keeps its number from being used again, so a process of that pid is a stranger's.
  if ((await processStartTime(pid)) === null) {
    sendSignal(-pid, 'SIGKILL');
  }
}

function sendSignal(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

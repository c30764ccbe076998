import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { BatchClientError } from '../errors.ts';
import type { LocalHome } from './home.ts';
import { hasTakenLock, isSupervised } from './supervisor-lock.ts';

/**
 * Starts a supervisor when none works on a home. One too many is harmless: it waits to take over,
 * and ends by itself.
 */
export class SupervisorStarter {
  readonly #home: LocalHome;
  readonly #command: readonly string[];
  #child: ChildProcess | null = null;
  #again = false;
  #starting: Promise<void> | null = null;

  constructor(home: LocalHome, command: readonly string[]) {
    this.#home = home;
    this.#command = command;
  }

  /** @throws {BatchClientError} `UNAVAILABLE` when it cannot be started. */
  async wake(): Promise<void> {
    this.#starting ??= this.#wake().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  async #wake(): Promise<void> {
    if (await isSupervised(this.#home)) {
      // It looks for what is new once more after it has given up its lock.
      this.#again = false;
      return;
    }
    if (this.#child?.exitCode === null && this.#child.signalCode === null) {
      if (!(await hasTakenLock(this.#home, this.#child.pid))) {
        // It is about to begin or about to end. In the second case it may have missed what is new.
        this.#again = true;
        return;
      }
    }
    this.#again = false;
    const [program, ...args] = this.#command;
    if (program === undefined) {
      throw new TypeError('the command that starts the supervisor is empty');
    }
    const log = await open(join(this.#home.logs, 'supervisor.log'), 'a', 0o600);
    try {
      const child = spawn(program, args, {
        // It outlives the caller's folder, and would keep that from being removed or unmounted.
        cwd: this.#home.directory,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (cause) =>
          reject(
            new BatchClientError(
              'UNAVAILABLE',
              `The local supervisor could not be started (${this.#command.join(' ')}): ${cause.message}.`,
              { cause },
            ),
          ),
        );
      });
      child.once('exit', () => {
        if (this.#again && this.#child === child) {
          // When this fails, the next call of the backend fails too and says why.
          this.wake().catch(() => undefined);
        }
      });
      child.unref();
      this.#child = child;
    } finally {
      await log.close();
    }
  }
}

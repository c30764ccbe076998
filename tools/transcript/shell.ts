import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Typed {
  readonly exitCode: number;
  /** Standard output and standard error, as a terminal shows them. */
  readonly output: string;
}

/** Follows each command with its exit code, in a line that no program prints. */
const MARK = '\u001eexit ';

/** A shell that takes one command after another, as a person types them. */
export class Shell {
  readonly #bash: ChildProcessWithoutNullStreams;
  #seen = '';

  constructor(environment: Readonly<Record<string, string | undefined>>, folder: string) {
    this.#bash = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env: environment });
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#seen += text;
      this.#bash.emit('seen');
    });
    this.#bash.stdin.write('exec 2>&1\n');
  }

  /** @param answers what is typed when the command asks. */
  async type(command: string, answers: readonly string[] = []): Promise<Typed> {
    this.#seen = '';
    const given = answers.length === 0 ? '' : ` <<'ANSWERS'\n${answers.join('\n')}\nANSWERS`;
    this.#bash.stdin.write(`${command}${given}\nprintf '\\n${MARK}%d\\n' $?\n`);
    for (;;) {
      const end = new RegExp(`\\n${MARK}(\\d+)\\n`).exec(this.#seen);
      if (end) {
        return { exitCode: Number(end[1]), output: this.#seen.slice(0, end.index) };
      }
      await once(this.#bash, 'seen');
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#bash, 'close');
    this.#bash.stdin.end();
    await closed;
  }
}

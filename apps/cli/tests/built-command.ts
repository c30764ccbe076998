import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command with a local home of its own. */
export interface BuiltCommand {
  /** A folder for the test's files. */
  readonly folder: string;
  readonly home: string;
  /** What it is run with. */
  readonly environment: NodeJS.ProcessEnv;
  run(...args: string[]): Promise<Ended>;
  /** Runs it with `--json`, expects exit code 0 and gives back what it printed. */
  json<T>(...args: string[]): Promise<T>;
  /** Ends every job, waits for the supervisor to end, and removes the folder. */
  dispose(): Promise<void>;
}

export async function builtCommand(
  variables: Readonly<Record<string, string>> = {},
): Promise<BuiltCommand> {
  const folder = await mkdtemp(join(tmpdir(), 'openevolve-aws-'));
  const home = join(folder, 'home');
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    OPENEVOLVE_AWS_HOME: home,
    OPENEVOLVE_PYTHON: python,
    ...variables,
  };
  const run = async (...args: string[]): Promise<Ended> => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  };
  return {
    folder,
    home,
    environment,
    run,
    async json<T>(...args: string[]) {
      const { code, stdout, stderr } = await run(...args, '--json');
      if (code !== 0) {
        throw new Error(`openevolve-aws ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
      }
      return JSON.parse(stdout) as T;
    },
    async dispose() {
      for (const name of await readdir(join(home, 'batch', 'jobs')).catch(() => [])) {
        await run('cancel', name.replace('.json', ''), '--local');
      }
      await until(async () => (await processesOf(folder)).length === 0);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Asks until there is an answer; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T | false | null | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Pids of the processes whose command line or working folder lies in a folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(folder) && Number(pid) !== process.pid) {
      found.push(Number(pid));
    }
  }
  return found;
}

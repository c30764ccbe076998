import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Answer, Task } from './engine-process.ts';

export type { Answer } from './engine-process.ts';

/** Bundles the engine as the entrypoint is, and gives the program. */
export async function bundleEngine(folder: string): Promise<string> {
  const outfile = join(folder, 'engine.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'engine-process.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@openevolve-aws/source'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

type Environment = Readonly<Record<string, string>>;

/** A warm process of the engine: it stays, as the entrypoint does for hours. */
export class Engine implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(program: string, environment: Environment, execArgv: string[]) {
    this.#child = fork(program, { env: { ...process.env, ...environment }, execArgv });
  }

  /** @param flags of Node's. */
  static async start(
    program: string,
    store: string,
    environment: Environment,
    flags: string[] = [],
  ): Promise<Engine> {
    const engine = new Engine(program, environment, flags);
    await engine.run({ do: 'open', store });
    return engine;
  }

  /** One at a time. */
  run(task: Task): Promise<Answer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const answered = (answer: Answer) => {
        child.off('exit', ended);
        resolve(answer);
      };
      const ended = (code: number | null, signal: string | null) => {
        child.off('message', answered);
        reject(new Error(`The engine ended with ${code ?? signal} in '${task.do}'.`));
      };
      child.once('message', answered).once('exit', ended).send(task);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill();
    await gone;
  }
}

/** Milliseconds from the start of a new process to its exit, all tasks done. */
export async function coldMs(
  program: string,
  tasks: readonly Task[],
  environment: Environment,
): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [program, JSON.stringify(tasks)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const [code, signal] = await once(child, 'exit');
  const ms = performance.now() - start;
  if (code !== 0) throw new Error(`The engine ended with ${code ?? signal}: it has no time.`);
  return ms;
}

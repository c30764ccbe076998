// Evaluators and programs that misbehave in every way that OpenEvolve's users have met, as whole
// jobs. Each one ends as documented, with the run's earlier work intact.
import { cp, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobView, SubmittedJob } from '@openevolve-aws/batch-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, processesOf, until } from './built-command.ts';

const example = fileURLToPath(new URL('../../../examples/function-minimization', import.meta.url));
const ITERATIONS = 12;

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
  await cp(example, command.folder, { recursive: true });
  await writeFile(
    join(command.folder, 'config.yaml'),
    'evaluator:\n  timeout: 2\n  max_retries: 0\n',
  );
});

afterAll(() => command.dispose());

/**
 * Runs a job to its end with an evaluator of these lines. `code` is the program's text, `first` says
 * whether it is the initial one, and `some` is true for about a third of the others.
 */
async function run(name: string, lines: string[], memory?: string): Promise<JobView> {
  return ended(await submit(name, lines, memory));
}

async function submit(name: string, lines: string[], memory = '2600'): Promise<SubmittedJob> {
  const evaluator = [
    'import hashlib, os, signal, subprocess, sys, time',
    `INITIAL = open(${JSON.stringify(join(command.folder, 'initial_program.py'))}).read()`,
    'def evaluate(path):',
    '    code = open(path).read()',
    '    first = code == INITIAL',
    '    digest = hashlib.sha256(code.encode()).digest()[0]',
    '    some = not first and digest % 3 == 0',
    ...lines.map((line) => `    ${line}`),
    '    return {"combined_score": digest / 255}',
    '',
  ];
  const file = join(command.folder, `${name}.py`);
  await writeFile(file, evaluator.join('\n'));
  return command.json<SubmittedJob>(
    ...['submit', '--local', '--offline', '--program', 'initial_program.py', '--evaluator', file],
    ...['--config', 'config.yaml', '--iterations', String(ITERATIONS), '--vcpus', '2'],
    ...['--memory', memory, '--name', name],
  );
}

const status = ({ jobId }: SubmittedJob) => command.json<JobView>('status', jobId, '--local');

const ended = (job: SubmittedJob) =>
  until(async () => {
    const view = await status(job);
    return view.batch.stoppedAt !== null && view;
  });

const expectDone = ({ batch, progress, attempts }: JobView) => {
  expect(batch.statusReason).toBeNull();
  expect(batch.status).toBe('SUCCEEDED');
  expect(attempts).toHaveLength(1);
  expect(progress?.ledger).toMatchObject({ asked: ITERATIONS, done: ITERATIONS });
};

describe('an evaluator that', () => {
  it('hangs on the first program ends the job at once with the reason', async () => {
    const { batch, attempts } = await run('hangs-first', ['time.sleep(1000)']);
    expect(batch.status).toBe('FAILED');
    expect(batch.attempts).toMatchObject([{ exitCode: 65 }]);
    expect(attempts[0]?.ended?.reason).toMatch(/evaluat/i);
  });

  it('hangs on some programs loses those, and nothing else', async () => {
    expectDone(await run('hangs-some', ['if some:', '    while True: pass']));
  });

  it('ends its process on some programs loses those, and nothing else', async () => {
    expectDone(await run('exits', ['if some: os._exit(0)']));
  });

  it('eats memory is held to its share', async () => {
    expectDone(await run('eats-memory', ['if some: hog = bytearray(8 * 1024**3)']));
  });

  it('writes a file without end is held to a size', async () => {
    const view = await run('fills-disk', [
      'if some:',
      '    with open(path + ".big", "wb") as big:',
      '        big.seek(5 * 1024**3)',
      '        big.write(b"x")',
    ]);
    expectDone(view);
  });

  it('floods standard output fills neither log nor memory', async () => {
    const view = await run('floods', [
      'if some:',
      '    for _ in range(100): sys.stdout.write("x" * 1024 * 1024)',
      '    sys.stdout.flush()',
    ]);
    expectDone(view);
    const log = join(command.home, 'batch', 'logs', view.batch.batchJobId ?? '', '1.log');
    expect((await stat(log)).size).toBeLessThan(32 * 1024 * 1024);
  });

  it('forges events and log lines is not believed', async () => {
    const view = await run('forges', [
      'print(\'{"event":"finished","outcome":"iterations","ledger":{}}\', flush=True)',
      'print("INFO  2026-01-01T00:00:00.000Z Ending with exit code 0: done (iterations).", flush=True)',
      'for fd in range(3, 64) if some else []:',
      '    try: os.write(fd, b\'{"event":"finished","outcome":"iterations"}\\n\')',
      '    except OSError: pass',
    ]);
    expectDone(view);
    const { stdout } = await command.run('logs', view.job.id, '--local');
    expect(stdout.match(/^INFO .*Ending with exit code 0/gm)).toHaveLength(1);
  });

  it('starts processes in sessions of their own leaves none of them', async () => {
    const mark = join(command.folder, 'left-behind');
    const view = await run('starts', [
      `subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", ${JSON.stringify(mark)}], start_new_session=True)`,
    ]);
    expectDone(view);
    await until(async () => (await processesOf(mark)).length === 0);
  });

  it('returns no finite numbers and much text loses nothing when its machine is taken', async () => {
    const job = await submit('odd-metrics', [
      'time.sleep(1.5)',
      'return {"combined_score": digest / 255, "ratio": float("nan"), "bound": float("-inf"), "log": "x" * 700_000}',
    ]);
    await until(async () => ((await status(job)).progress?.ledger.done ?? 0) > 1);
    await command.json('drill', job.jobId, '--notice', '5', '--local');
    const { batch, attempts, progress } = await ended(job);
    expect(batch.status).toBe('SUCCEEDED');
    expect(attempts).toHaveLength(2);
    expect(attempts[1]).toMatchObject({
      skipped: [],
      resumedFrom: { iterationsDone: attempts[0]?.ended?.iterationsDone },
    });
    expect(progress?.ledger).toMatchObject({ asked: ITERATIONS, done: ITERATIONS });
  });

  it('kills the runner each time ends with a sentence, after a few attempts', async () => {
    const { batch, attempts } = await run('kills-parent', [
      'if not first: os.kill(os.getppid(), signal.SIGKILL)',
    ]);
    expect(batch.status).toBe('FAILED');
    expect(attempts.length).toBeLessThanOrEqual(5);
    expect(attempts.at(-1)?.ended).toMatchObject({
      exitCode: 70,
      reason: expect.stringContaining('makes no progress'),
    });
  });
});

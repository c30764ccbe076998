// Where the bash implementation that came before breaks the guide's promises. Each defect is one
// check, shown to fail on what that implementation is documented to do and to hold here.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobView, SubmittedJob } from '@openevolve-aws/batch-client';
import { decideRetry } from '@openevolve-aws/job-spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, until } from './built-command.ts';

const example = fileURLToPath(new URL('../../../examples/function-minimization', import.meta.url));

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
  await cp(example, command.folder, { recursive: true });
});

afterAll(() => command.dispose());

const submit = (iterations: number, ...flags: string[]) =>
  command.json<SubmittedJob>(
    ...['submit', '--local', '--program', 'initial_program.py', '--evaluator', 'evaluator.py'],
    ...['--vcpus', '2', '--iterations', String(iterations), ...flags],
  );
const status = (job: { jobId: string }) => command.json<JobView>('status', job.jobId, '--local');
const ended = (job: { jobId: string }) =>
  until(async () => {
    const view = await status(job);
    return view.batch.stoppedAt !== null && view;
  });
const hasDone = (job: { jobId: string }, iterations: number) =>
  until(async () => ((await status(job)).progress?.ledger.done ?? 0) >= iterations);
const logOf = async (job: { jobId: string }) =>
  (await command.run('logs', job.jobId, '--all', '--local')).stdout;

describe('a job whose machine is taken', () => {
  let view: JobView;
  let log: string;

  beforeAll(async () => {
    const job = await submit(600);
    await hasDone(job, 20);
    await command.json('drill', job.jobId, '--notice', '5', '--local');
    view = await ended(job);
    log = await logOf(job);
  });

  it('1. ends its attempt with a code that is retried', () => {
    const isRetried = (exitCode: number) =>
      exitCode !== 0 && decideRetry({ exitCode }, 1) === 'RETRY';
    const documented = 0;
    expect(isRetried(documented)).toBe(false);
    expect(isRetried(view.batch.attempts[0]?.exitCode ?? -1)).toBe(true);
  });

  it('2. saves every finished iteration before it exits', () => {
    const isSaved = (finished: number, saved: number) => saved >= finished;
    const documented = { finished: 18, newestCheckpoint: 10 };
    expect(isSaved(documented.finished, documented.newestCheckpoint)).toBe(false);
    const [first] = log.split(/generation (?!1\.)/);
    const finished = first?.match(/ Iteration \d+ \(/g)?.length ?? 0;
    expect(finished).toBeGreaterThan(0);
    expect(isSaved(finished, view.attempts[1]?.resumedFrom?.iterationsDone ?? 0)).toBe(true);
  });

  it('3. does the asked iterations in all, not as many again', () => {
    const isTotal = (asked: number, done: number) => done === asked;
    const documented = { asked: 10, doneBefore: 10, doneAfterResume: 20 };
    expect(isTotal(documented.asked, documented.doneAfterResume)).toBe(false);
    expect(isTotal(600, log.match(/ Iteration \d+ \(/g)?.length ?? 0)).toBe(true);
    expect(view.progress?.ledger.done).toBe(600);
  });

  it('9. resumes in the attempt after the first one, whatever its number', () => {
    const resumes = (attempt: { number: number; resumed: boolean }) =>
      attempt.number === 1 ? !attempt.resumed : attempt.resumed;
    const documented = [{ number: 1, resumed: true }];
    expect(documented.every(resumes)).toBe(false);
    const attempts = view.attempts.map(({ batchAttempt, resumedFrom }) => ({
      number: batchAttempt ?? 0,
      resumed: resumedFrom !== null,
    }));
    expect(attempts).toHaveLength(2);
    expect(attempts.every(resumes)).toBe(true);
  });
});

it('4. never shows a half-written checkpoint to a reader', async () => {
  const isWhole = (names: readonly string[], ids: readonly string[]) =>
    names.includes('metadata.json') && ids.every((id) => names.includes(`programs/${id}.json`));
  const documented = { names: ['programs/a.json', 'metadata.json'], ids: ['a', 'b'] };
  expect(isWhole(documented.names, documented.ids)).toBe(false);

  const job = await submit(150);
  const checkpoints = join(fileURLToPath(job.outputUri), 'checkpoints');
  let looks = 0;
  await until(async () => {
    const hasEnded = (await status(job)).batch.stoppedAt !== null;
    for (const label of await readdir(checkpoints).catch(() => [])) {
      const names = await readdir(join(checkpoints, label), { recursive: true });
      if (names.includes('metadata.json')) {
        const metadata = await readFile(join(checkpoints, label, 'metadata.json'), 'utf8');
        const { islands } = JSON.parse(metadata) as { islands: string[][] };
        expect(isWhole(names, islands.flat())).toBe(true);
        looks += 1;
      }
    }
    return hasEnded;
  });
  expect(looks).toBeGreaterThan(0);
});

it('13. leaves best program, summary and logs at the top of the results', async () => {
  const isPromised = (names: readonly string[]) =>
    ['best_program.py', 'evolution_summary.json', 'logs'].every((name) => names.includes(name));
  const documented = ['best', 'checkpoints', 'logs'];
  expect(isPromised(documented)).toBe(false);
  const job = await submit(5);
  await ended(job);
  const target = join(command.folder, 'results-13');
  await command.json('results', job.jobId, '--output', target, '--local');
  expect(isPromised(await readdir(target))).toBe(true);
});

it("14. keeps the program's own extension, from upload to result", async () => {
  const keeps = (uploaded: string, best: string) =>
    uploaded.endsWith('.rs') && best.endsWith('.rs');
  const documented = { uploaded: 'initial_program.py', best: 'best_program.py' };
  expect(keeps(documented.uploaded, documented.best)).toBe(false);

  await writeFile(
    join(command.folder, 'program.rs'),
    '// EVOLVE-BLOCK-START\nfn value() -> f64 { 3.5 }\n// EVOLVE-BLOCK-END\n',
  );
  await writeFile(
    join(command.folder, 'rust_evaluator.py'),
    [
      'import re',
      'def evaluate(path):',
      '    assert path.endswith(".rs")',
      '    number = float(re.search(r"-?[0-9.]+(?= })", open(path).read()).group())',
      '    return {"combined_score": -abs(number - 2)}',
      '',
    ].join('\n'),
  );
  const job = await command.json<SubmittedJob>(
    ...['submit', '--local', '--program', 'program.rs', '--evaluator', 'rust_evaluator.py'],
    ...['--vcpus', '2', '--iterations', '10'],
  );
  const view = await ended(job);
  expect(view.progress?.ledger.candidates).toBeGreaterThan(0);
  const target = join(command.folder, 'results-14');
  await command.json('results', job.jobId, '--output', target, '--local');
  const best = (await readdir(target)).find((name) => name.startsWith('best_program')) ?? '';
  expect(keeps(view.job.program, best)).toBe(true);
});

it('15. asks Gemini by default when there is a key for it, and not another service', async () => {
  const isGemini = (host: string) => host === 'generativelanguage.googleapis.com';
  const documented = 'api.openai.com';
  expect(isGemini(documented)).toBe(false);
  const { planModels, providers, readKeys } = await import('@openevolve-aws/llm-gateway');
  const keys = readKeys({ GEMINI_API_KEY: 'a-long-key' });
  const plan = planModels(null, { provider: providers.gemini, keys, outageLimitMs: 600_000 });
  expect(plan.routes.map(({ baseUrl }) => isGemini(new URL(baseUrl).host))).toEqual([true]);
  const config = plan.configFor({ origin: 'http://127.0.0.1:1', token: 't' });
  expect(JSON.stringify(config)).toContain('gemini-2.5-flash');
});

it('16. never calls a job done whose results could not be written, and writes them later', async () => {
  const isHonest = (end: { resultsWritten: boolean; status: string }) =>
    end.resultsWritten || end.status !== 'SUCCEEDED';
  const documented = { resultsWritten: false, status: 'SUCCEEDED' };
  expect(isHonest(documented)).toBe(false);

  const job = await submit(300);
  await hasDone(job, 1);
  // A folder in the place of the file that the results need.
  const obstacle = join(fileURLToPath(job.outputUri), 'evolution_summary.json');
  await mkdir(join(obstacle, 'in-the-way'), { recursive: true });
  const held = await until(async () => {
    const view = await status(job);
    return view.attempts.some(({ ended: end }) => end?.exitCode !== undefined) && view;
  });
  expect(held.batch.status).not.toBe('SUCCEEDED');
  await rm(obstacle, { recursive: true });
  if ((await status(job)).batch.stoppedAt !== null) {
    await command.json('resume', job.jobId, '--local');
  }
  const view = await ended(job);
  expect(view.batch.status).toBe('SUCCEEDED');
  expect(view.progress?.ledger.done).toBe(300);
  const summary = JSON.parse(await readFile(obstacle, 'utf8')) as { iterations: object };
  expect(summary.iterations).toMatchObject({ asked: 300, completed: 300 });
});

it('21. keeps keys and credentials out of what evolved code can read', async () => {
  const secrets = ['AIza-a-key-of-the-user', 'a-secret-access-key'];
  const isClosed = (environment: string) =>
    secrets.every((secret) => !environment.includes(secret));
  expect(isClosed(`GEMINI_API_KEY=${secrets[0]}`)).toBe(false);

  const withKey = await builtCommand({
    GEMINI_API_KEY: secrets[0] ?? '',
    AWS_SECRET_ACCESS_KEY: secrets[1] ?? '',
  });
  try {
    await cp(example, withKey.folder, { recursive: true });
    await writeFile(
      join(withKey.folder, 'evaluator.py'),
      [
        'import os',
        'def evaluate(path):',
        `    with open(${JSON.stringify(join(withKey.folder, 'seen.txt'))}, "a") as seen:`,
        '        seen.write(repr(dict(os.environ)) + repr(os.sys.argv))',
        '    return {"combined_score": 1.0}',
        '',
      ].join('\n'),
    );
    const job = await withKey.json<SubmittedJob>(
      ...['submit', '--local', '--offline', '--program', 'initial_program.py'],
      ...['--evaluator', 'evaluator.py', '--vcpus', '2', '--iterations', '100000'],
    );
    const seen = await until(async () =>
      readFile(join(withKey.folder, 'seen.txt'), 'utf8').catch(() => null),
    );
    expect(seen).toContain('OMP_NUM_THREADS');
    expect(isClosed(seen)).toBe(true);
    const { stdout } = await withKey.run('logs', job.jobId, '--local');
    expect(isClosed(stdout)).toBe(true);
  } finally {
    await withKey.dispose();
  }
});

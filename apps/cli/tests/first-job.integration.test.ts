import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BatchJob, FetchedResults, JobView, SubmittedJob } from '@openevolve-aws/batch-client';
import { summarySchema } from '@openevolve-aws/job-spec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, until } from './built-command.ts';

const guideFiles = fileURLToPath(new URL('../../../examples/guide-first-job', import.meta.url));

let command: BuiltCommand;
let job: SubmittedJob;

beforeAll(async () => {
  command = await builtCommand();
  await cp(guideFiles, command.folder, { recursive: true });
});

afterAll(() => command.dispose());

const submit = (...flags: string[]) => [
  'submit',
  '--program',
  'initial_program.py',
  '--evaluator',
  'evaluator.py',
  '--local',
  ...flags,
];

it("submits the guide's first job", async () => {
  job = await command.json(...submit('--iterations', '20', '--vcpus', '2'));
  expect(job).toMatchObject({
    jobId: expect.stringMatching(/^[0-9a-f]{8}$/),
    status: 'SUBMITTED',
    iterations: 20,
    warnings: [],
  });
});

it('follows its log to the end, one JSON object a line, with the result as exit code', async () => {
  const { code, stdout } = await command.run('logs', job.jobId, '--local', '--follow', '--json');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { attempt: number; text: string });
  expect(code).toBe(0);
  expect(new Set(lines.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  expect(lines.filter(({ text }) => /Iteration \d+ \(/.test(text))).toHaveLength(20);
  expect(lines.at(-1)?.text).toContain('exit code 0');
});

it.each(['jobId', 'batchJobId'] as const)('shows where it stands, by its %s', async (name) => {
  const view = await command.json<JobView>('status', job[name], '--local');
  expect(view.batch.status).toBe('SUCCEEDED');
  expect(view.progress?.ledger).toMatchObject({ asked: 20, done: 20 });
  expect(view.progress?.lossWindow.iterations).toBe(0);
  expect(view.attempts).toHaveLength(1);
});

it('shows the same to a person', async () => {
  const { stdout } = await command.run('status', job.jobId, '--local');
  expect(stdout).toMatch(/Status +: SUCCEEDED/);
  expect(stdout).toMatch(/Iterations +: 20 of 20 done/);
});

it('lists it', async () => {
  const listed = await command.json<BatchJob[]>('list', '--local');
  expect(listed.map(({ jobId }) => jobId)).toEqual([job.jobId]);
  expect(await command.json('list', 'RUNNING', '--local')).toEqual([]);
});

it("leaves the guide's tree of results", async () => {
  const target = join(command.folder, 'my-results');
  const results = await command.json<FetchedResults>(
    'results',
    job.jobId,
    '--output',
    target,
    '--local',
  );
  expect((await readdir(target)).sort()).toEqual([
    'best_program.py',
    'evolution_summary.json',
    'logs',
  ]);
  const summary = summarySchema.parse(
    JSON.parse(await readFile(join(target, 'evolution_summary.json'), 'utf8')),
  );
  expect(summary.iterations).toMatchObject({ asked: 20, completed: 20 });
  expect(summary.model).toMatchObject({
    kind: 'offline',
    note: expect.stringContaining('not an LLM'),
  });
  const trace = (await readFile(join(target, 'logs', 'iterations.jsonl'), 'utf8'))
    .trim()
    .split('\n');
  const numbers = trace.map((line) => (JSON.parse(line) as { iteration: number }).iteration);
  expect(new Set(numbers).size).toBe(20);
  expect(results.files).toContain('best_program.py');
});

it('refuses to write results over something else, unless it is forced to', async () => {
  const target = join(command.folder, 'my-results');
  await writeFile(join(target, 'notes.txt'), 'mine');
  const refused = await command.run('results', job.jobId, '--output', target, '--local');
  expect(refused.code).toBe(6);
  const forced = await command.run('results', job.jobId, '--output', target, '--local', '--force');
  expect(forced.code).toBe(0);
  expect(await readFile(join(target, 'notes.txt'), 'utf8')).toBe('mine');
});

it('cancels a second job, which ends as failed with the reason', async () => {
  const second = await command.json<SubmittedJob>(
    ...submit('--iterations', '100000', '--vcpus', '2'),
  );
  await until(async () => {
    const view = await command.json<JobView>('status', second.jobId, '--local');
    return (view.progress?.ledger.done ?? 0) > 0;
  });
  await command.json('cancel', second.jobId, '--local');
  const { code } = await command.run('logs', second.jobId, '--local', '--follow');
  expect(code).toBe(1);
  const view = await command.json<JobView>('status', second.jobId, '--local');
  expect(view.batch).toMatchObject({
    status: 'FAILED',
    statusReason: expect.stringMatching(/^Cancelled by/),
  });
  expect(view.attempts[0]?.ended).toMatchObject({ exitCode: 75, iterationsLost: 0 });
  const again = await command.run('cancel', second.jobId, '--local');
  expect(again.code).toBe(6);
  const results = await command.run('results', second.jobId, '--output', 'none', '--local');
  expect(results.code).toBe(3);
});

it('prints what the guide shows when a job is submitted', async () => {
  const { stdout } = await command.run(...submit('--iterations', '1'));
  expect(
    stdout
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<batch id>')
      .replaceAll(/\b[0-9a-f]{8}\b/g, '<id>'),
  ).toMatch(
    new RegExp(
      [
        '^Job short ID : <id>',
        'User         : [a-z0-9]+',
        'Iterations   : 1',
        '',
        'Uploading inputs to file://.*/users/[a-z0-9]+/<id>/input\\.\\.\\.',
        'Submitting to Batch\\.\\.\\.',
        '',
        '  Batch job ID : <batch id>',
        '  Status       : SUBMITTED',
        '  Results will appear at: file://.*/users/[a-z0-9]+/<id>/output',
        '',
        '  Track progress:',
        '    openevolve-aws status  <batch id> --local',
        '    openevolve-aws logs    <batch id> --follow --local',
        '    openevolve-aws results <batch id> --local',
        '$',
      ].join('\n'),
    ),
  );
});

it('warns of what OpenEvolve accepts and is probably not meant', async () => {
  await writeFile(join(command.folder, 'plain.py'), 'def solve(x):\n    return x * x\n');
  await writeFile(join(command.folder, 'other.py'), 'from evaluator import evaluate\n');
  const { code, stderr } = await command.run(
    'submit',
    '--local',
    '--program',
    'plain.py',
    '--evaluator',
    'other.py',
    '--iterations',
    '1',
  );
  expect(stderr).toContain('plain.py has no EVOLVE-BLOCK-START');
  expect(stderr).toContain('other.py does not define evaluate itself');
  expect(code).toBe(0);
});

import { randomBytes, randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Control,
  containerExit,
  type Ledger,
  PROVIDER_KEY_PLACEHOLDER,
  parseDocument,
  serializeDocument,
  summarySchema,
} from '@openevolve-aws/job-spec';
import { FolderStore } from '@openevolve-aws/object-store';
import { inputKeys, outputKeys } from '@openevolve-aws/s3-layout';
import { expect, it, vi } from 'vitest';
import { leftoversOf, send } from '../kill/process-tree.ts';
import { Random } from '../kill/random.ts';
import { childrenWith, descendants, filesWith } from './find.ts';
import { type Charged, startProvider } from './provider.ts';
import { startJob } from './run.ts';

const seed = randomInt(2 ** 31);
const random = new Random(seed);
console.log(`seed ${seed}`);

const keyName = 'TEST_PROVIDER_KEY';
const key = `sk-canary-${randomBytes(12).toString('hex')}`;
/** The secret as the stack keeps it. */
const secret = {
  GEMINI_API_KEY: JSON.stringify({ GEMINI_API_KEY: PROVIDER_KEY_PLACEHOLDER, [keyName]: key }),
};

function countsOf(ledger: Ledger | null | undefined): Charged {
  const models = Object.values(ledger?.spend?.models ?? {});
  const sum = (of: (model: (typeof models)[number]) => number) =>
    models.reduce((total, model) => total + of(model), 0);
  return {
    calls: sum(({ calls }) => calls),
    failures: sum(({ failures }) => failures),
    promptTokens: sum(({ promptTokens }) => promptTokens),
    completionTokens: sum(({ completionTokens }) => completionTokens),
  };
}

const errorsOf = async (output: string) =>
  (await readFile(output, 'utf8')).split('\n').filter((line) => line.startsWith('ERROR'));

it('does all iterations on a provider that fails now and then, and its ledger is what the provider counted', async () => {
  const faults = { busy: 0.1, unavailable: 0.05, cut: 0.02 };
  await using provider = await startProvider({ random, key, keyName, faults });
  await using running = await startJob(provider, secret, { iterations: 60 });
  const attempt = await running.attempt();
  expect(await attempt.exited, attempt.output).toMatchObject({ code: containerExit.DONE });
  const { end } = await running.state();
  expect(end?.ledger).toMatchObject({ done: 60 });
  expect(countsOf(end?.ledger)).toEqual(provider.charged);
  expect(provider.charged.failures).toBeGreaterThan(0);
  const summary = parseDocument(
    summarySchema,
    await running.job.outputs.get(outputKeys.summary),
    outputKeys.summary,
  );
  expect(summary.spend).toEqual(end?.ledger.spend);
  expect(summary.tokens).toEqual({
    prompt: provider.charged.promptTokens,
    completion: provider.charged.completionTokens,
  });
});

it('ends in seconds and with one sentence when the key is refused', async () => {
  await using provider = await startProvider({ random, key: 'another-key', keyName });
  await using running = await startJob(provider, secret);
  const began = Date.now();
  const attempt = await running.attempt();
  expect(await attempt.exited, attempt.output).toMatchObject({
    code: containerExit.LLM_KEY_REFUSED,
  });
  expect(Date.now() - began).toBeLessThan(15_000);
  const { stop, ledger } = await running.state();
  expect(stop?.reason).toMatch(/^the key for 127\.0\.0\.1:\d+ is refused \(401\)/);
  // No iteration is burnt.
  expect(ledger?.done ?? 0).toBe(0);
});

it('says at once that the secret still holds its placeholder', async () => {
  await using provider = await startProvider({ random, key, keyName });
  await using running = await startJob(provider, {
    GEMINI_API_KEY: JSON.stringify({ GEMINI_API_KEY: PROVIDER_KEY_PLACEHOLDER }),
  });
  const attempt = await running.attempt();
  expect(await attempt.exited).toMatchObject({ code: containerExit.LLM_KEY_REFUSED });
  expect((await errorsOf(attempt.output)).join()).toContain(`There is no key in ${keyName}`);
});

it('wastes no iteration on a provider that is away for a while', async () => {
  await using provider = await startProvider({ random, key, keyName });
  await using running = await startJob(provider, secret);
  const attempt = await running.attempt();
  await vi.waitFor(async () => expect((await running.state()).ledger?.done).toBeGreaterThan(5), {
    timeout: 30_000,
    interval: 100,
  });
  provider.down = true;
  await delay(8_000);
  provider.down = false;
  expect(await attempt.exited, attempt.output).toMatchObject({ code: containerExit.DONE });
  const log = await readFile(attempt.output, 'utf8');
  expect(log).not.toContain('LLM generation failed');
  expect(log).not.toContain('failed with timeout');
  expect((await running.state()).end?.ledger.done).toBe(30);
});

it('ends saved when a provider stays away, and another submission goes on from there', async () => {
  await using provider = await startProvider({ random, key, keyName });
  await using running = await startJob(provider, secret, { fields: { maxOutageSeconds: 4 } });
  const attempt = await running.attempt();
  await vi.waitFor(async () => expect((await running.state()).ledger?.done).toBeGreaterThan(5), {
    timeout: 30_000,
    interval: 100,
  });
  provider.down = true;
  expect(await attempt.exited, attempt.output).toMatchObject({
    code: containerExit.LLM_UNAVAILABLE,
  });
  const { stop, commits } = await running.state();
  expect(stop?.reason).toMatch(/no good reply for 4 s/);
  const done = commits.at(-1)?.ledger.done ?? 0;
  const finished = (await readFile(attempt.output, 'utf8')).match(
    /^INFO {2}\S+ Iteration \d+ \(/gm,
  );
  expect(done).toBe(finished?.length);
  expect(commits.at(-1)?.ledger.failed).toBe(0);
  provider.down = false;
  const resumed = await running.attempt({ submission: 2, variables: secret });
  expect(await resumed.exited, resumed.output).toMatchObject({ code: containerExit.DONE });
  expect((await running.state()).end?.ledger).toMatchObject({ done: 30, failed: 0 });
});

it('never passes its cap through ten kills, and ends with its results when it is reached', async () => {
  await using provider = await startProvider({ random, key, keyName });
  // A call of the example takes half a cent, and 1.4 cents at most.
  const price = { prompt: 1.5, completion: 9 };
  const callAtMost = 0.014;
  const maxUsd = 1;
  const usd = ({ promptTokens, completionTokens }: Charged) =>
    (promptTokens * price.prompt + completionTokens * price.completion) / 1_000_000;
  await using running = await startJob(provider, secret, {
    iterations: 1_000,
    fields: { maxUsd, prices: { priced: price } },
  });
  let kills = 0;
  let atMost = 0;
  let code: number | null = null;
  while (code === null) {
    const attempt = await running.attempt();
    const before = provider.charged.calls;
    if (kills < 10) {
      await vi.waitFor(
        () => expect(provider.charged.calls > before + 2 || attempt.exit() !== null).toBe(true),
        { timeout: 30_000, interval: 5 },
      );
      await delay(random.between(0, 400));
      if (attempt.exit() === null) {
        send(attempt.pid, 'SIGKILL');
        kills += 1;
      }
    }
    code = (await attempt.exited).code;
    expect(await leftoversOf(attempt.work, 10_000)).toEqual([]);
    const spend = (await running.state()).ledger?.spend;
    const counted = Object.values(spend?.models ?? {}).reduce(
      (sum, model) => sum + (model.usd ?? 0),
      0,
    );
    // What a kill leaves uncounted is charged at its most by the next attempt.
    const charged = counted + (spend?.estimated.usd ?? 0) + (spend?.reserved.usd ?? 0);
    expect(charged + 1e-9).toBeGreaterThanOrEqual(usd(provider.charged));
    expect(usd(provider.charged)).toBeLessThanOrEqual(maxUsd);
    atMost = Math.max(atMost, charged);
  }
  expect(code).toBe(containerExit.CAP_REACHED);
  const { commits, ledger } = await running.state();
  console.log(
    `${kills} kills: the provider charged $${usd(provider.charged).toFixed(4)}, the ledger holds $${atMost.toFixed(4)} of $${maxUsd}, ${commits.at(-1)?.ledger.done} iterations`,
  );
  expect(kills).toBe(10);
  expect(atMost).toBeLessThanOrEqual(maxUsd);
  // A kill costs at most the calls under way, and what could be spent before the next record.
  const perKill = 3 * callAtMost + 0.01 * maxUsd + callAtMost;
  expect(atMost - usd(provider.charged)).toBeLessThanOrEqual(kills * perKill);
  expect(ledger?.spend?.reserved).toEqual({ usd: 0, tokens: 0 });
  const summary = parseDocument(
    summarySchema,
    await running.job.outputs.get(outputKeys.summary),
    outputKeys.summary,
  );
  expect(summary).toMatchObject({ outcome: 'cap', spend: ledger?.spend });
  expect(summary.best).not.toBeNull();
});

it('goes on under a cap that is raised, whether the job runs or is resumed', async () => {
  await using provider = await startProvider({ random, key, keyName });
  const prices = { priced: { prompt: 5, completion: 30 } };
  const maxUsd = 0.1;
  await using running = await startJob(provider, secret, { fields: { maxUsd, prices } });
  const inputs = new FolderStore(fileURLToPath(running.job.environment.S3_INPUT_PREFIX ?? ''));
  const capAt = (number: number, dollars: number) =>
    inputs.put(
      inputKeys.control(number),
      serializeDocument({
        version: 1,
        number,
        at: new Date().toISOString(),
        request: { kind: 'cap', usd: dollars },
      } satisfies Control),
    );
  const first = await running.attempt();
  expect(await first.exited, first.output).toMatchObject({ code: containerExit.CAP_REACHED });
  await capAt(1, 0.2);
  const second = await running.attempt({ submission: 2, variables: secret });
  const progress = new FolderStore(running.job.outputs.root);
  await capAt(2, 100);
  expect(await second.exited, second.output).toMatchObject({ code: containerExit.DONE });
  expect(JSON.parse(String(Buffer.from(await progress.get(outputKeys.progress))))).toMatchObject({
    controlled: 2,
    calls: { failed: 0 },
  });
});

it('shows its key to no child, file, log or document, and counts what an evaluator asks itself', async () => {
  await using provider = await startProvider({ random, key, keyName });
  // As the example's, but it asks a model, and shows all that it can reach.
  await using running = await startJob(provider, secret, {
    iterations: 6,
    evaluator: join(import.meta.dirname, 'asking_evaluator.py'),
    config: { llm: { ...provider.llm, api_key: key }, evaluator: { cascade_evaluation: false } },
  });
  const attempt = await running.attempt();
  let looks = 0;
  while (attempt.exit() === null) {
    expect(await childrenWith(attempt.pid, key)).toEqual([]);
    looks += (await descendants(attempt.pid)).length > 1 ? 1 : 0;
    await delay(100);
  }
  expect(await attempt.exited, attempt.output).toMatchObject({ code: containerExit.DONE });
  expect(looks).toBeGreaterThan(1);
  // The config that was submitted holds it, by this job's own choice, and stays where the user put it.
  const submitted = join(
    fileURLToPath(running.job.environment.S3_INPUT_PREFIX ?? ''),
    inputKeys.config,
  );
  expect(await filesWith(running.job.folder, key)).toEqual([submitted]);
  const log = await readFile(attempt.output, 'utf8');
  expect(log).toContain('the evaluator was answered');
  const { end } = await running.state();
  expect(countsOf(end?.ledger)).toEqual(provider.charged);
  expect(provider.charged.calls).toBeGreaterThan(6);

  // The search finds what there is to find.
  await writeFile(join(running.job.folder, 'planted'), `x${key}`);
  expect(await filesWith(running.job.folder, key)).toHaveLength(2);
  await using planted = await startJob(provider, secret, { fields: { env: { PLANTED: key } } });
  const showing = await planted.attempt();
  await vi.waitFor(async () => expect(await childrenWith(showing.pid, key)).not.toEqual([]), {
    timeout: 20_000,
    interval: 100,
  });
  send(showing.pid, 'SIGTERM');
  await showing.exited;
});

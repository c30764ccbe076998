// The target "evolve" of a program: submits a job, follows its log and puts the results into the
// program's folder. On AWS when settings ask for it, and on this machine otherwise.
// node tools/evolve.ts <folder of the program> --iterations=20
import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  awsClients,
  type Backend,
  BatchClientError,
  defaultHomeDirectory,
  describeJob,
  explainJob,
  fetchResults,
  followLogs,
  loadSettings,
  openAwsBackend,
  openLocalBackend,
  ownerFromUserName,
  resolveOwner,
  submitJob,
} from '@openevolve-aws/batch-client';

/** What one program may cost, at most. */
const MAX_USD = 5;

/** Where jobs run, and whose they are. */
async function open(): Promise<{ backend: Backend; owner: string }> {
  const loaded = await loadSettings();
  if (loaded) {
    const { settings } = loaded;
    const clients = awsClients({ region: settings.region });
    return {
      backend: await openAwsBackend({ settings, clients }),
      owner: await resolveOwner(clients, settings),
    };
  }
  const directory = defaultHomeDirectory(process.env);
  const backend = await openLocalBackend({
    directory,
    supervisor: ['openevolve-aws', 'local-supervisor', '--home', directory],
    variables: process.env,
  });
  return { backend, owner: ownerFromUserName(userInfo().username) };
}

async function evolve(folder: string, iterations: number): Promise<void> {
  const name = basename(folder);
  const results = join(folder, 'results');
  const caller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => caller.abort());
  }
  const { signal } = caller;

  const { backend, owner } = await open();
  const { jobId, warnings } = await submitJob(
    backend,
    {
      owner,
      name,
      program: join(folder, 'initial_program.py'),
      evaluator: join(folder, 'evaluator.py'),
      config: join(folder, 'config.yaml'),
      iterations,
      vcpus: 1,
      ...(backend.kind === 'aws'
        ? { model: { kind: 'provider' }, maxUsd: MAX_USD }
        : { model: { kind: 'offline', seed: 1, latencyMs: 0 } }),
      // Nx's hash of all that the target depends on. A pipeline that is started again for the same
      // sources finds the job that it left, and does not pay for a second one.
      idempotencyKey: process.env.NX_TASK_HASH && `${name}-${process.env.NX_TASK_HASH}`,
    },
    { signal },
  );
  console.log([`Job ${jobId} of ${owner} on ${backend.kind}`, ...warnings].join('\n'));

  try {
    for await (const { attempt, text } of followLogs(backend, owner, jobId, {
      follow: true,
      signal,
    })) {
      console.log(`[${attempt}] ${text}`);
    }
  } finally {
    if (signal.aborted) {
      console.log(`The job goes on. To end it: openevolve-aws cancel ${jobId}`);
    }
  }
  const { batch } = await describeJob(backend, owner, jobId);
  if (batch.status === 'FAILED') {
    const { sentence, next } = await explainJob(backend, owner, jobId);
    throw new Error([sentence, next ?? ''].join(' ').trim());
  }
  // Those of the sources before are not mixed with these.
  await rm(results, { recursive: true, force: true });
  const { summary } = await fetchResults(backend, owner, jobId, { directory: results, signal });
  console.log(
    `${name}: ${summary.initial?.score ?? 'nothing'} at first, ${summary.best?.score ?? 'nothing'} now; see ${results}`,
  );
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { iterations: { type: 'string', default: '20' } },
});
try {
  await evolve(positionals[0] ?? '.', Number(values.iterations));
} catch (error) {
  if (error instanceof BatchClientError) {
    console.error(`${error.code}${error.permanent ? '' : ' (try again)'}: ${error.message}`);
  } else {
    console.error(error instanceof Error ? error.message : error);
  }
  process.exitCode = 1;
}

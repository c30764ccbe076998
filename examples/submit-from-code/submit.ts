// Submits a job, follows its log and downloads the best program: on AWS when settings ask for it,
// and on this machine otherwise. node submit.ts <program> <evaluator> <folder for the results>
import { userInfo } from 'node:os';
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

async function main(program: string, evaluator: string, directory: string): Promise<number> {
  const caller = new AbortController();
  process.once('SIGINT', () => caller.abort());
  const { signal } = caller;

  const { backend, owner } = await open();
  const { jobId } = await submitJob(
    backend,
    {
      owner,
      program,
      evaluator,
      name: 'submit-from-code',
      iterations: 20,
      vcpus: 1,
      model:
        backend.kind === 'aws' ? { kind: 'provider' } : { kind: 'offline', seed: 1, latencyMs: 0 },
    },
    { signal },
  );
  console.log(`Job ${jobId} of ${owner} on ${backend.kind}`);

  for await (const { attempt, text } of followLogs(backend, owner, jobId, {
    follow: true,
    signal,
  })) {
    console.log(`[${attempt}] ${text}`);
  }

  const { batch } = await describeJob(backend, owner, jobId);
  if (batch.status === 'FAILED') {
    const { sentence, next } = await explainJob(backend, owner, jobId);
    console.error(sentence, next ?? '');
    return 1;
  }
  const { files } = await fetchResults(backend, owner, jobId, { directory, signal });
  console.log(`Results in ${directory}: ${[...files].sort().join(', ')}`);
  return 0;
}

const [program = '', evaluator = '', directory = 'my-results'] = process.argv.slice(2);
try {
  process.exitCode = await main(program, evaluator, directory);
} catch (error) {
  if (!(error instanceof BatchClientError)) {
    throw error;
  }
  // The code is for a program to act on; what is not permanent may be tried again.
  console.error(`${error.code}${error.permanent ? '' : ' (try again)'}: ${error.message}`);
  process.exitCode = 2;
}

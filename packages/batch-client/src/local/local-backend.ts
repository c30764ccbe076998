import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseOpenEvolveYaml } from '@openevolve-aws/job-spec';
import { type ObjectStore, openStore } from '@openevolve-aws/object-store';
import { inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import {
  type Backend,
  type BatchJob,
  type BatchSubmission,
  isTerminal,
  type LogLine,
  type LogRequest,
} from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { readBytes } from '../jobs/stored-document.ts';
import { noDefinitions } from '../settings/job-definition.ts';
import { localHome } from './home.ts';
import { type JobRecord, type SupervisorRequest, toBatchJob } from './job-record.ts';
import { createJson } from './json-file.ts';
import { readLogs } from './log-files.ts';
import { createRecord, readRecord, readRecords } from './record-files.ts';
import { forgetSecrets, keepSecrets, secretsOf } from './secrets.ts';
import { SupervisorStarter } from './supervisor-starter.ts';

export interface LocalBackendOptions {
  /** See `defaultHomeDirectory`. */
  readonly directory: string;
  /**
   * Starts `runSupervisor` on that directory in a process of its own. It runs in that directory, so
   * paths in it must be absolute.
   */
  readonly supervisor: readonly string[];
  /** The environment that has the keys of model providers; a job gets those that it can use. */
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * Jobs on this machine, without AWS: folders in the place of the buckets and a detached supervisor
 * in the place of AWS Batch. It does not isolate evolved code from the user's own account.
 *
 * Every call starts the supervisor again when it has died and there is work for it. A job whose
 * record is damaged, or was written by another release, is not found by its name; `describe` of its
 * id throws the `JobSpecError` that says why.
 *
 * @example
 * const backend = await openLocalBackend({
 *   directory: defaultHomeDirectory(process.env),
 *   supervisor: [process.execPath, 'supervisor.js'],
 *   variables: process.env,
 * });
 */
export async function openLocalBackend(options: LocalBackendOptions): Promise<Backend> {
  const home = localHome(resolve(options.directory));
  // Keys and programs are this user's alone.
  await mkdir(home.directory, { recursive: true, mode: 0o700 });
  for (const directory of [home.inputs, home.outputs, home.jobs, home.requests, home.logs]) {
    await mkdir(directory, { recursive: true });
  }
  const [inputs, outputs] = await Promise.all(
    [home.inputs, home.outputs].map((directory) => openStore(pathToFileURL(directory).href)),
  );
  if (!inputs || !outputs) {
    throw new TypeError('two folders make two stores');
  }

  const supervisor = new SupervisorStarter(home, options.supervisor);

  /** Records to show; there is a supervisor for those that have not ended. */
  const show = async (records: readonly JobRecord[]): Promise<BatchJob[]> => {
    if (records.some(({ status }) => !isTerminal(status))) {
      await supervisor.wake();
    }
    return records.map(toBatchJob);
  };

  const describe = async (batchJobIds: readonly string[]): Promise<BatchJob[]> => {
    const records = await Promise.all(batchJobIds.map((id) => readRecord(home, id)));
    return show(records.filter((record) => record !== null));
  };

  const request = async (batchJobId: string, action: SupervisorRequest['action']) => {
    const path = join(home.requests, `${randomUUID()}.json`);
    await createJson(path, { version: 1, batchJobId, action } satisfies SupervisorRequest);
    await supervisor.wake();
  };

  return {
    kind: 'local',
    inputs,
    outputs,
    inputUri: (key) => pathToFileURL(join(home.inputs, key)).href,
    outputUri: (key) => pathToFileURL(join(home.outputs, key)).href,

    async submit({ definitionRevision, ...submission }: BatchSubmission) {
      if (definitionRevision !== undefined) {
        throw noDefinitions();
      }
      const batchJobId = randomUUID();
      const config = await configOf(inputs, submission);
      await keepSecrets(home, batchJobId, secretsOf(options.variables, config));
      const record: JobRecord = {
        ...submission,
        version: 1,
        batchJobId,
        status: 'SUBMITTED',
        statusReason: null,
        createdAt: new Date().toISOString(),
        startedAt: null,
        stoppedAt: null,
        terminateReason: null,
        attempts: [],
      };
      try {
        await createRecord(home, record);
      } catch (error) {
        await forgetSecrets(home, batchJobId);
        throw error;
      }
      await supervisor.wake();
      return batchJobId;
    },

    describe,

    async idsInState(status) {
      const records = await readRecords(home, () => undefined);
      const found = records.filter((record) => record.status === status);
      return new Set(found.map(({ batchJobId }) => batchJobId));
    },

    async find(batchJobName) {
      const records = await readRecords(home, () => undefined);
      const [newest] = records
        .filter((record) => record.batchJobName === batchJobName)
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
      return newest?.batchJobId ?? null;
    },

    async terminate(batchJobId, reason) {
      if ((await readRecord(home, batchJobId)) === null) {
        throw unknownJob(batchJobId);
      }
      await request(batchJobId, { kind: 'terminate', reason });
    },

    async interrupt(batchJobId, noticeSeconds) {
      const record = await readRecord(home, batchJobId);
      if (record?.status !== 'RUNNING') {
        throw new BatchClientError(
          'CONFLICT',
          `Job ${batchJobId} has no running attempt to interrupt; its state is ${record?.status ?? 'unknown'}.`,
        );
      }
      await request(batchJobId, { kind: 'interrupt', noticeSeconds });
    },

    async explainWait(batchJobId) {
      const record = await readRecord(home, batchJobId);
      return record?.status === 'RUNNABLE'
        ? `It waits until ${record.vcpus} vCPUs of this machine are free; jobs that were submitted before it come first.`
        : null;
    },

    logs(batchJobId: string, logRequest: LogRequest): AsyncIterable<LogLine> {
      return readLogs(home, batchJobId, logRequest, async () => {
        const [job] = await describe([batchJobId]);
        if (!job) {
          throw unknownJob(batchJobId);
        }
        return job;
      });
    },
  };
}

function unknownJob(batchJobId: string): BatchClientError {
  return new BatchClientError(
    'NOT_FOUND',
    `There is no job ${batchJobId} on this machine; 'openevolve-aws list' shows those that there are.`,
  );
}

/** The config of a job as it was submitted; null when it has none. */
async function configOf(inputs: ObjectStore, { owner, jobId }: BatchSubmission): Promise<unknown> {
  const content = await readBytes(inputs, `${jobPrefixes(owner, jobId).input}/${inputKeys.config}`);
  return content && parseOpenEvolveYaml(Buffer.from(content).toString());
}

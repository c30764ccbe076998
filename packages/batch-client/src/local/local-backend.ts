import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore } from '@openevolve-aws/object-store';
import {
  type Backend,
  type BatchSubmission,
  isTerminal,
  type LogLine,
  type LogRequest,
} from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { type LocalHome, localHome } from './home.ts';
import {
  type JobRecord,
  jobRecordSchema,
  type SupervisorRequest,
  toBatchJob,
} from './job-record.ts';
import { createJson, listJson, readJson } from './json-file.ts';
import { readLogs } from './log-files.ts';
import { keepSecrets, type Secrets } from './secrets.ts';
import { SupervisorStarter } from './supervisor-starter.ts';

export interface LocalBackendOptions {
  /** An absolute path; see `defaultHomeDirectory`. */
  readonly directory: string;
  /** Starts `runSupervisor` on that directory in a process of its own. */
  readonly supervisor: readonly string[];
  /** Provider keys for the jobs that are submitted. */
  readonly secrets: Secrets;
}

/**
 * Jobs on this machine, without AWS: folders in the place of the buckets and a detached supervisor
 * in the place of AWS Batch. It does not isolate evolved code from the user's own account.
 *
 * Every call starts the supervisor again when it has died and there is work for it.
 *
 * @example
 * const backend = await openLocalBackend({
 *   directory: defaultHomeDirectory(process.env),
 *   supervisor: [process.execPath, 'supervisor.js'],
 *   secrets: secretsOf(process.env),
 * });
 */
export async function openLocalBackend(options: LocalBackendOptions): Promise<Backend> {
  const home = localHome(options.directory);
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

  const readAll = async (): Promise<JobRecord[]> => {
    const names = await listJson(home.jobs);
    const records = await Promise.all(names.map((name) => readRecord(home, name)));
    return records.filter((record) => record !== null);
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

    async submit(submission: BatchSubmission) {
      const batchJobId = randomUUID();
      await keepSecrets(home, batchJobId, options.secrets);
      const record: JobRecord = {
        ...submission,
        version: 1,
        batchJobId,
        status: 'SUBMITTED',
        statusReason: null,
        createdAt: new Date().toISOString(),
        startedAt: null,
        stoppedAt: null,
        attempts: [],
      };
      await createJson(join(home.jobs, `${batchJobId}.json`), record);
      await supervisor.wake();
      return batchJobId;
    },

    async describe(batchJobIds) {
      const records = await Promise.all(batchJobIds.map((id) => readRecord(home, id)));
      const known = records.filter((record) => record !== null);
      if (known.some((record) => !isTerminal(record.status))) {
        await supervisor.wake();
      }
      return known.map(toBatchJob);
    },

    async list(owner) {
      const records = (await readAll()).filter((record) => record.owner === owner);
      if (records.some((record) => !isTerminal(record.status))) {
        await supervisor.wake();
      }
      return records.map(toBatchJob).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    },

    async terminate(batchJobId, reason) {
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

    logs(batchJobId: string, logRequest: LogRequest): AsyncIterable<LogLine> {
      return readLogs(home, batchJobId, logRequest, async () => {
        const record = await readRecord(home, batchJobId);
        return record ? toBatchJob(record) : null;
      });
    },
  };
}

async function readRecord(home: LocalHome, batchJobId: string): Promise<JobRecord | null> {
  return readJson(jobRecordSchema, join(home.jobs, `${batchJobId}.json`));
}

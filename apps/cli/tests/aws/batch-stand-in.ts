import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  AttemptDetail,
  JobDefinition,
  JobDetail,
  JobQueueDetail,
  SubmitJobRequest,
} from '@aws-sdk/client-batch';
import { decideRetry, type Notice } from '@openevolve-aws/job-spec';

export interface BatchStandInOptions {
  /** For the containers' files. */
  readonly folder: string;
  readonly queue: string;
  readonly definitions: readonly string[];
  readonly logGroupOf: (owner: string) => string;
  /** Starts the container's program. */
  readonly container: readonly [program: string, ...args: string[]];
  /** What the job definition and the machine add to a job's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes what a container logs, as the awslogs driver does. */
  readonly log: (group: string, stream: string, lines: readonly string[]) => Promise<void>;
}

interface Job {
  readonly detail: JobDetail;
  terminated: string | null;
  container: { readonly child: ChildProcess; readonly noticeFile: string } | null;
  machineTaken: boolean;
}

/** An error as the service answers it. */
class ClientException extends Error {}

const LOG_MS = 200;
const GRACE_MS = 120_000;

/**
 * Stands in AWS Batch's place for the built command, for what no emulator does: it speaks AWS Batch's
 * protocol, runs each attempt as a process of this machine in the container's place, retries by the
 * documented rules, and takes machines away with the notice that Spot gives.
 *
 * Protocol: https://docs.aws.amazon.com/batch/latest/APIReference/API_Operations.html
 */
export class BatchStandIn {
  readonly jobs = new Map<string, Job>();
  readonly #options: BatchStandInOptions;
  readonly #server: Server;
  readonly #running = new Set<Promise<void>>();

  private constructor(options: BatchStandInOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: BatchStandInOptions): Promise<BatchStandIn> {
    const standIn = new BatchStandIn(options);
    standIn.#server.listen(0, '127.0.0.1');
    await once(standIn.#server, 'listening');
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every container, and settles when all are gone. */
  async stop(): Promise<void> {
    for (const job of this.jobs.values()) {
      job.terminated ??= 'The service ends';
      job.container?.child.kill('SIGKILL');
    }
    await Promise.all(this.#running);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Takes a running job's machine, as Spot does: a notice, SIGTERM, and the end. */
  async takeMachine(jobId: string, noticeSeconds: number): Promise<void> {
    const job = this.jobs.get(jobId);
    if (!job?.container) {
      throw new Error(`Job ${jobId} does not run.`);
    }
    const { child, noticeFile } = job.container;
    job.machineTaken = true;
    const time = new Date(Date.now() + noticeSeconds * 1_000).toISOString();
    await writeFile(noticeFile, JSON.stringify({ action: 'terminate', time } satisfies Notice));
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), noticeSeconds * 1_000);
    child.once('exit', () => clearTimeout(kill));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = request.url?.replace('/v1/', '') ?? '';
    response.setHeader('content-type', 'application/json');
    try {
      response.end(JSON.stringify(this.#do(action, (await json(request)) as never)));
    } catch (error) {
      response.statusCode = error instanceof ClientException ? 400 : 500;
      response.setHeader(
        'x-amzn-errortype',
        error instanceof ClientException ? 'ClientException' : 'ServerException',
      );
      response.end(
        JSON.stringify({ message: String(error instanceof Error ? error.message : error) }),
      );
    }
  }

  #do(action: string, input: never): unknown {
    switch (action) {
      case 'submitjob':
        return this.#submit(input);
      case 'describejobs':
        return this.#describe(input);
      case 'listjobs':
        return this.#list(input);
      case 'terminatejob':
        return this.#terminate(input);
      case 'describejobqueues':
        return { jobQueues: this.#queues(input) };
      case 'describecomputeenvironments':
        return {
          computeEnvironments: [
            {
              computeEnvironmentName: 'spot',
              computeEnvironmentArn: 'spot',
              state: 'ENABLED',
              status: 'VALID',
              computeResources: { type: 'SPOT', maxvCpus: 256, subnets: [] },
            },
          ],
        };
      case 'describejobdefinitions':
        return { jobDefinitions: this.#definitions(input) };
      case 'getjobqueuesnapshot':
        return { frontOfQueue: { jobs: [] } };
      default:
        throw new ClientException(`${action} is not modelled`);
    }
  }

  #submit(input: SubmitJobRequest): { jobId: string; jobName: string } {
    const { jobName = '', jobQueue = '', jobDefinition = '', containerOverrides, tags } = input;
    this.#requireQueue(jobQueue);
    if (!this.#options.definitions.includes(jobDefinition.replace(/:\d+$/, ''))) {
      throw new ClientException(`JobDefinition ${jobDefinition} not found`);
    }
    const jobId = randomUUID();
    const owner = tags?.Owner ?? '';
    const job: Job = {
      detail: {
        jobId,
        jobName,
        jobQueue,
        jobDefinition,
        jobArn: `arn:aws:batch:us-east-1:123456789012:job/${jobId}`,
        shareIdentifier: input.shareIdentifier,
        status: 'SUBMITTED',
        createdAt: Date.now(),
        startedAt: undefined,
        attempts: [],
        tags: { ...tags },
        container: {
          environment: containerOverrides?.environment,
          resourceRequirements: containerOverrides?.resourceRequirements,
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': this.#options.logGroupOf(owner) },
          },
        },
      },
      terminated: null,
      container: null,
      machineTaken: false,
    };
    this.jobs.set(jobId, job);
    const running: Promise<void> = this.#run(job).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return { jobId, jobName };
  }

  async #run(job: Job): Promise<void> {
    const { detail } = job;
    for (let number = 1; ; number += 1) {
      for (const status of ['RUNNABLE', 'STARTING'] as const) {
        detail.status = status;
        await delay(20);
      }
      if (job.terminated === null) {
        const { attempt, retried } = await this.#attempt(job, number);
        detail.attempts = [...(detail.attempts ?? []), attempt];
        if (retried) {
          continue;
        }
        const { exitCode } = attempt.container ?? {};
        detail.container = { ...detail.container, exitCode };
        detail.status = exitCode === 0 ? 'SUCCEEDED' : 'FAILED';
        detail.statusReason = job.terminated ?? attempt.statusReason;
      } else {
        detail.status = 'FAILED';
        detail.statusReason = job.terminated;
      }
      detail.stoppedAt = Date.now();
      return;
    }
  }

  async #attempt(job: Job, number: number): Promise<{ attempt: AttemptDetail; retried: boolean }> {
    const { detail } = job;
    const { container, environment, folder } = this.#options;
    const [program, ...args] = container;
    const place = join(folder, `${detail.jobId}-${number}`);
    const noticeFile = join(place, 'notice', 'notice.json');
    await mkdir(join(place, 'notice'), { recursive: true });
    const variables = detail.container?.environment?.map(({ name, value }) => [name, value]) ?? [];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...environment,
        ...Object.fromEntries(variables),
        AWS_BATCH_JOB_ID: detail.jobId,
        AWS_BATCH_JOB_ATTEMPT: String(number),
        OPENEVOLVE_WORK_DIR: join(place, 'work'),
        OPENEVOLVE_NOTICE_FILE: noticeFile,
      },
    });
    const logStreamName = `${detail.jobDefinition}/default/${randomUUID()}`;
    const logged = this.#keepLog(child, detail, logStreamName);
    job.container = { child, noticeFile };
    job.machineTaken = false;
    const startedAt = Date.now();
    detail.startedAt = startedAt;
    detail.status = 'RUNNING';
    detail.container = {
      ...detail.container,
      logStreamName,
      taskArn: `task/${detail.jobId}-${number}`,
    };
    const [code] = (await once(child, 'exit')) as [number | null];
    job.container = null;
    await logged;
    // A machine that is taken away reports no code once it is gone.
    const exitCode = code ?? (job.machineTaken ? undefined : 137);
    const statusReason =
      job.machineTaken && code === null
        ? 'Host EC2 (instance i-0123456789abcdef0) terminated.'
        : 'Essential container in task exited';
    const end = { ...(exitCode !== undefined && { exitCode }), statusReason };
    return {
      attempt: {
        container: {
          ...(exitCode !== undefined && { exitCode }),
          logStreamName,
          taskArn: detail.container.taskArn,
        },
        startedAt,
        stoppedAt: Date.now(),
        statusReason,
      },
      retried: job.terminated === null && exitCode !== 0 && decideRetry(end, number) === 'RETRY',
    };
  }

  async #keepLog(child: ChildProcess, detail: JobDetail, stream: string): Promise<void> {
    const group = detail.container?.logConfiguration?.options?.['awslogs-group'] ?? '';
    let lines: string[] = [];
    let sending = Promise.resolve();
    const send = () => {
      const batch = lines;
      lines = [];
      if (batch.length > 0) {
        sending = sending.then(() => this.#options.log(group, stream, batch));
      }
    };
    const timer = setInterval(send, LOG_MS);
    const ends = [child.stdout, child.stderr].map(async (output) => {
      if (output) {
        for await (const line of createInterface({ input: output })) {
          // CloudWatch Logs takes no empty events.
          lines.push(line === '' ? ' ' : line);
        }
      }
    });
    await Promise.all(ends);
    clearInterval(timer);
    send();
    await sending;
  }

  #describe({ jobs = [] }: { jobs?: string[] }): { jobs: JobDetail[] } {
    return { jobs: jobs.flatMap((id) => this.jobs.get(id)?.detail ?? []) };
  }

  #list(input: { jobQueue?: string; jobStatus?: string; filters?: { values?: string[] }[] }) {
    this.#requireQueue(input.jobQueue ?? '');
    const names = input.filters?.[0]?.values;
    const found = [...this.jobs.values()].filter(({ detail }) =>
      names
        ? names.includes(detail.jobName ?? '')
        : detail.status === (input.jobStatus ?? 'RUNNING'),
    );
    return { jobSummaryList: found.map(({ detail }) => detail).reverse() };
  }

  #terminate({ jobId = '', reason = '' }: { jobId?: string; reason?: string }): object {
    const job = this.jobs.get(jobId);
    if (!job) {
      throw new ClientException(`Job ${jobId} not found`);
    }
    job.terminated ??= reason;
    const child = job.container?.child;
    child?.kill('SIGTERM');
    const kill = setTimeout(() => child?.kill('SIGKILL'), GRACE_MS);
    child?.once('exit', () => clearTimeout(kill));
    if (!child) {
      clearTimeout(kill);
    }
    return {};
  }

  #queues({ jobQueues = [] }: { jobQueues?: string[] }): JobQueueDetail[] {
    const { queue } = this.#options;
    return jobQueues.includes(queue)
      ? [
          {
            jobQueueName: queue,
            jobQueueArn: `arn:aws:batch:us-east-1:123456789012:job-queue/${queue}`,
            state: 'ENABLED',
            status: 'VALID',
            priority: 1,
            schedulingPolicyArn: 'arn:aws:batch:us-east-1:123456789012:scheduling-policy/fair',
            computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'spot' }],
          },
        ]
      : [];
  }

  #definitions({ jobDefinitionName = '' }: { jobDefinitionName?: string }): JobDefinition[] {
    return this.#options.definitions
      .filter((name) => name === jobDefinitionName)
      .map((name) => ({
        jobDefinitionName: name,
        jobDefinitionArn: `arn:aws:batch:us-east-1:123456789012:job-definition/${name}:1`,
        revision: 1,
        type: 'container',
        containerProperties: { image: 'openevolve-prod:1.0.0' },
      }));
  }

  #requireQueue(name: string): void {
    if (name !== this.#options.queue) {
      throw new ClientException(`JobQueue ${name} not found`);
    }
  }
}

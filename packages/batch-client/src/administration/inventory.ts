import { stackName } from '@openevolve-aws/job-spec';
import { isStoreError } from '@openevolve-aws/object-store';
import type { BucketContents } from '@openevolve-aws/object-store/s3';
import { type BatchStatus, batchStatuses, type CallOptions, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { isOfEnvironment } from './definitions.ts';
import { stackNames } from './environment-outputs.ts';
import type { AdministratorClients } from './ports.ts';

/** Counting stops about here: what is lost is a lot then, however much it is exactly. */
const COUNTED_VERSIONS = 100_000;

export interface InventoryRequest extends CallOptions {
  readonly clients: AdministratorClients;
  readonly environment: string;
  /** How many further groups of users it has. */
  readonly groups: number;
  readonly jobQueue: string;
  readonly jobDefinition: string;
}

/** What there is of an environment in AWS. */
export interface Inventory {
  /** Those that are there, in the order in which they are deployed. */
  readonly stacks: readonly string[];
  /** Jobs that have not ended. */
  readonly unfinishedJobs: number;
  readonly buckets: readonly ({ readonly name: string } & BucketContents)[];
  /** ARNs of active revisions of job definitions, which deployments leave behind. */
  readonly definitions: readonly string[];
}

/**
 * Looks for all that an environment has in AWS and that somebody may miss. Buckets and job
 * definitions are found by their names, so that what was left when a removal was cut off is found
 * again.
 *
 * @example
 * const { buckets } = await takeInventory({ clients, environment: 'prod', ...names, groups: 0 });
 */
export async function takeInventory(request: InventoryRequest): Promise<Inventory> {
  const { clients, environment, groups, jobQueue, jobDefinition, ...call } = request;
  const formation = await clients.formation();
  const names = stackNames(environment, groups);
  const [outputs, buckets, definitions, unfinishedJobs] = await Promise.all([
    Promise.all(names.map((name) => formation.stackOutputs(name, call))),
    bucketsOf(clients, environment, call),
    clients.definitions().then((api) => api.active(call)),
    countUnfinished(clients, jobQueue, call),
  ]);
  return {
    stacks: names.filter((_, index) => outputs[index] !== null),
    unfinishedJobs,
    buckets,
    definitions: definitions
      .filter((definition) => isOfEnvironment(definition, jobDefinition))
      .map(({ jobDefinitionArn = '' }) => jobDefinitionArn),
  };
}

/**
 * Removes what the removal of an environment's stacks leaves: job definitions, and the buckets with
 * everything in them. Nothing brings that back. What went with the stacks is no failure.
 *
 * @param report told what is done, when it takes a while.
 */
export async function removeRemains(
  clients: AdministratorClients,
  { buckets, definitions }: Pick<Inventory, 'buckets' | 'definitions'>,
  { report, ...call }: CallOptions & { readonly report: (line: string) => void },
): Promise<void> {
  const api = await clients.definitions();
  const active = new Set((await api.active(call)).map(({ jobDefinitionArn }) => jobDefinitionArn));
  for (const arn of definitions.filter((one) => active.has(one))) {
    await api.deregister(arn, call);
  }
  const store = await clients.buckets();
  for (const { name } of buckets) {
    try {
      await store.remove(name, {
        ...call,
        report: (deleted) => report(`${name}: ${deleted} objects and versions deleted`),
      });
    } catch (error) {
      if (!isStoreError(error, 'NO_BUCKET')) {
        throw error;
      }
    }
  }
}

async function bucketsOf(
  clients: AdministratorClients,
  environment: string,
  call: CallOptions,
): Promise<Inventory['buckets']> {
  const store = await clients.buckets();
  const prefix = `${stackName(environment)}-`;
  // As CloudFormation names them; those of the environment "prod-inputs" begin alike.
  const own = /^(inputs|outputs)-[a-z0-9]+$/;
  const names = (await store.names(prefix, call)).filter((name) =>
    own.test(name.slice(prefix.length)),
  );
  return Promise.all(
    names.map(async (name) => ({
      name,
      ...(await store.measure(name, { ...call, limit: COUNTED_VERSIONS })),
    })),
  );
}

async function countUnfinished(
  clients: AdministratorClients,
  jobQueue: string,
  call: CallOptions,
): Promise<number> {
  const batch = await clients.batch();
  const countIn = async (jobStatus: BatchStatus): Promise<number> => {
    let count = 0;
    let nextToken: string | undefined;
    do {
      const page = await batch.listJobs({ jobQueue, jobStatus, nextToken }, call);
      count += page.jobSummaryList?.length ?? 0;
      nextToken = page.nextToken;
    } while (nextToken);
    return count;
  };
  try {
    const counts = await Promise.all(
      batchStatuses.filter((status) => !isTerminal(status)).map(countIn),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    // Without a queue there are no jobs.
    if (error instanceof BatchClientError && error.code === 'SETTINGS') {
      return 0;
    }
    throw error;
  }
}

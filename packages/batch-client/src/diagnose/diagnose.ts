import { PROVIDER_KEY_PLACEHOLDER, type Settings } from '@openevolve-aws/job-spec';
import { ownerPrefix } from '@openevolve-aws/s3-layout';
import { parseEcrImage } from '../aws/ecr-image.ts';
import { resolveOwner } from '../aws/identity.ts';
import type { AwsClients } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';
import { settingsParameter } from '../settings/deployed-settings.ts';
import { ownJobDefinition } from '../settings/job-definition.ts';
import type { LoadedSettings } from '../settings/load-settings.ts';
import { attempt, attemptAside, type Check, ok, problem, unknown, warning } from './check.ts';

export interface DiagnoseRequest extends CallOptions {
  readonly loaded: LoadedSettings;
  readonly clients: AwsClients;
  /** From a flag. */
  readonly owner?: string | undefined;
}

/** "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", in vCPUs. */
const SPOT_QUOTA = { service: 'ec2', code: 'L-34B43A08' } as const;

/**
 * Looks at all that a job on AWS needs, from the credentials to the alerts, and says of each what
 * was seen and what to do. It changes nothing.
 *
 * @example
 * const checks = await diagnose({ loaded, clients: awsClients({ region }) });
 * const broken = checks.filter(({ result }) => result === 'problem');
 */
export async function diagnose(request: DiagnoseRequest): Promise<Check[]> {
  const { loaded, clients, signal } = request;
  const { settings } = loaded;
  const call = { signal };
  const credentials = await checkCredentials(clients, call);
  const checks = [...credentials, checkSettings(loaded)];
  if (credentials.some(({ result }) => result === 'problem')) {
    return checks;
  }
  let owner: string | null = null;
  checks.push(
    await attempt('owner', async () => {
      owner = await resolveOwner(clients, settings, request.owner, call);
      return ok('owner', `Jobs are those of ${owner}.`);
    }),
  );
  const rest = await Promise.all([
    checkBucket(clients, 'input bucket', settings.inputBucket, owner, call),
    checkBucket(clients, 'output bucket', settings.outputBucket, owner, call),
    checkQueue(clients, settings, call),
    owner === null ? [] : checkDefinition(clients, settings, owner, call),
    checkSecret(clients, settings, call),
    checkAlerts(clients, settings, call),
  ]);
  return [...checks, ...rest.flat()];
}

async function checkCredentials(clients: AwsClients, call: CallOptions): Promise<Check[]> {
  const check = await attempt('credentials', async () => {
    const { arn, account } = await (await clients.sts()).getCallerIdentity(call);
    return ok('credentials', `They are those of ${arn}, in account ${account}.`);
  });
  // A signature that was taken proves the clock too.
  if (check.result === 'ok') {
    return [check, ok('clock', "This machine's clock agrees with AWS's.")];
  }
  return /\bclock\b/.test(check.detail + (check.fix ?? ''))
    ? [{ ...check, name: 'clock' }]
    : [check];
}

function checkSettings({ settings, origins }: LoadedSettings): Check {
  const from = [...new Set(Object.values(origins).map(({ name }) => name))].join(', ');
  return ok('settings', `Environment ${settings.environment} in ${settings.region}, from ${from}.`);
}

function checkBucket(
  clients: AwsClients,
  name: 'input bucket' | 'output bucket',
  bucket: string,
  owner: string | null,
  call: CallOptions,
): Promise<Check> {
  return attempt(name, async () => {
    const store = await clients.bucket(bucket);
    // The first page says whether it is there and may be read.
    for await (const _ of store.list(`${ownerPrefix(owner ?? 'nobody')}/`, call)) {
      break;
    }
    return ok(name, `${bucket} can be read.`);
  });
}

async function checkQueue(
  clients: AwsClients,
  settings: Settings,
  call: CallOptions,
): Promise<Check[]> {
  const batch = await clients.batch();
  let names: readonly string[] = [];
  const queue = await attempt('queue', async () => {
    const { jobQueues = [] } = await batch.describeJobQueues(
      { jobQueues: [settings.jobQueue] },
      call,
    );
    const [found] = jobQueues;
    if (!found) {
      return problem(
        'queue',
        `There is no queue ${settings.jobQueue} in ${settings.region}.`,
        'Check the queue and the region in the settings, or deploy the environment.',
      );
    }
    names = (found.computeEnvironmentOrder ?? []).flatMap((one) => one.computeEnvironment ?? []);
    if (found.state !== 'ENABLED' || found.status !== 'VALID') {
      return problem(
        'queue',
        `${settings.jobQueue} is ${found.state}, ${found.status}${found.statusReason ? ` (${found.statusReason})` : ''}.`,
        'An administrator must switch it on or mend it.',
      );
    }
    return found.schedulingPolicyArn
      ? ok('queue', `${settings.jobQueue} takes jobs.`)
      : problem(
          'queue',
          `${settings.jobQueue} has no scheduling policy, and AWS Batch then refuses jobs that name a share.`,
          'An administrator must give it the fair-share policy that the deployment makes.',
        );
  });
  if (names.length === 0) {
    return [queue];
  }
  let spotVcpus = 0;
  const environments = await attempt('compute environments', async () => {
    const { computeEnvironments = [] } = await batch.describeComputeEnvironments(
      { computeEnvironments: [...names] },
      call,
    );
    const broken = computeEnvironments.filter(
      ({ state, status }) => state !== 'ENABLED' || status === 'INVALID',
    );
    spotVcpus = computeEnvironments
      .filter(({ computeResources }) => computeResources?.type === 'SPOT')
      .reduce((sum, { computeResources }) => sum + (computeResources?.maxvCpus ?? 0), 0);
    if (broken.length === 0) {
      return ok('compute environments', `${computeEnvironments.length} can start machines.`);
    }
    const which = broken
      .map(
        (one) =>
          `${one.computeEnvironmentName} is ${one.state}, ${one.status} (${one.statusReason ?? ''})`,
      )
      .join('; ');
    const say = broken.length < computeEnvironments.length ? warning : problem;
    return say('compute environments', `${which}.`, 'An administrator must mend it and deploy.');
  });
  return [queue, environments, await checkQuota(clients, spotVcpus, call)];
}

function checkQuota(clients: AwsClients, asked: number, call: CallOptions): Promise<Check> {
  return attemptAside('Spot quota', async () => {
    const quotas = await clients.quotas();
    const quota = await quotas.getServiceQuota(SPOT_QUOTA.service, SPOT_QUOTA.code, call);
    if (quota === null) {
      return unknown('Spot quota', 'AWS tells no quota of Spot vCPUs.');
    }
    return quota < asked
      ? warning(
          'Spot quota',
          `The account may have ${quota} Spot vCPUs at a time, and the deployment asks for up to ${asked}.`,
          `Ask for more in Service Quotas (${SPOT_QUOTA.code}); until then jobs wait.`,
        )
      : ok('Spot quota', `The account may have ${quota} Spot vCPUs at a time.`);
  });
}

async function checkDefinition(
  clients: AwsClients,
  settings: Settings,
  owner: string,
  call: CallOptions,
): Promise<Check[]> {
  const name = ownJobDefinition(settings.jobDefinition, owner);
  let image: string | undefined;
  const definition = await attempt('job definition', async () => {
    const [plain = name, revision] = /:\d+$/.test(name) ? name.split(/:(?=\d+$)/) : [name];
    const { jobDefinitions = [] } = await (await clients.batch()).describeJobDefinitions(
      name.startsWith('arn:')
        ? { jobDefinitions: [name] }
        : { jobDefinitionName: plain, status: 'ACTIVE' },
      call,
    );
    const found = jobDefinitions
      .filter((one) => revision === undefined || one.revision === Number(revision))
      .sort((a, b) => (b.revision ?? 0) - (a.revision ?? 0))[0];
    if (!found) {
      return problem(
        'job definition',
        `There is no job definition ${name} in ${settings.region}.`,
        `An administrator must add ${owner} to the users of the deployment, and deploy.`,
      );
    }
    image = found.containerProperties?.image;
    return ok('job definition', `${found.jobDefinitionName}:${found.revision} is active.`);
  });
  return image === undefined ? [definition] : [definition, await checkImage(clients, image, call)];
}

function checkImage(clients: AwsClients, name: string, call: CallOptions): Promise<Check> {
  return attempt('image', async () => {
    const image = parseEcrImage(name);
    if (image === null || image.region !== clients.region) {
      return unknown('image', `Jobs run ${name}; whether it can be pulled shows when one starts.`);
    }
    const found = await (await clients.ecr()).findImage(image, call);
    return found === null
      ? problem(
          'image',
          `${name} was never pushed, so no job can start.`,
          "An administrator pushes one with 'openevolve-aws image push'.",
        )
      : ok('image', `${name} is there.`);
  });
}

function checkSecret(clients: AwsClients, settings: Settings, call: CallOptions): Promise<Check> {
  return attempt('secret', async () => {
    if (settings.secretArn === undefined) {
      return unknown(
        'secret',
        `The settings name no secret; the parameter ${settingsParameter(settings.environment)} of the stack does.`,
      );
    }
    const value = await (await clients.secrets()).getSecretValue(settings.secretArn, call);
    return value === '' || value.includes(PROVIDER_KEY_PLACEHOLDER)
      ? problem(
          'secret',
          "The model provider's key was never stored: the secret holds its placeholder.",
          "Store it with 'openevolve-aws secret set'.",
        )
      : ok('secret', "The model provider's key is stored.");
  });
}

function checkAlerts(clients: AwsClients, settings: Settings, call: CallOptions): Promise<Check> {
  return attemptAside('alerts', async () => {
    if (settings.alertTopicArn === undefined) {
      return unknown('alerts', 'The settings name no topic for alerts.');
    }
    const topic = await clients.sns();
    const subscriptions = await topic.listSubscriptions(settings.alertTopicArn, call);
    const waiting = subscriptions.filter(({ confirmed }) => !confirmed);
    if (subscriptions.length === 0) {
      return warning('alerts', 'Nobody gets alerts.', 'Set alertEmail and deploy.');
    }
    return waiting.length === 0
      ? ok('alerts', `They go to ${subscriptions.map(({ endpoint }) => endpoint).join(', ')}.`)
      : warning(
          'alerts',
          `${waiting.map(({ endpoint }) => endpoint).join(', ')} has not confirmed, so no alert arrives there.`,
          'Follow the link in the message "AWS Notification - Subscription Confirmation"; deploy again to have it sent again.',
        );
  });
}

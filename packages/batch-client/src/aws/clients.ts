import { retrying } from '@openevolve-aws/object-store';
import { once } from './once.ts';
import type { AwsClients } from './ports.ts';
import type { ClientConfig } from './sdk/client-config.ts';

/**
 * AWS's own services in a region. Credentials and endpoint are what the SDK's default chain finds:
 * environment, `AWS_PROFILE`, IAM Identity Center, machine.
 *
 * @example
 * const { arn } = await (await awsClients({ region: 'us-east-1' }).sts()).getCallerIdentity();
 */
export function awsClients({ region }: { readonly region: string }): AwsClients {
  const config: ClientConfig = { region };
  return {
    region,
    batch: once(async () => (await import('./sdk/batch.ts')).batchApi(config)),
    logs: once(async () => (await import('./sdk/logs.ts')).logsApi(config)),
    sts: once(async () => (await import('./sdk/sts.ts')).stsApi(config)),
    ssm: once(async () => (await import('./sdk/ssm.ts')).ssmApi(config)),
    secrets: once(async () => (await import('./sdk/secrets.ts')).secretsApi(config)),
    quotas: once(async () => (await import('./sdk/quotas.ts')).quotasApi(config)),
    sns: once(async () => (await import('./sdk/sns.ts')).snsApi(config)),
    ecr: once(async () => (await import('./sdk/ecr.ts')).ecrApi(config)),
    formation: once(async () => (await import('./sdk/formation.ts')).formationApi(config)),
    bucket: async (name) => {
      const { S3Store } = await import('@openevolve-aws/object-store/s3');
      return retrying(new S3Store(name, { region }));
    },
  };
}

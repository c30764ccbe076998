import { PROVIDER_KEY_PLACEHOLDER } from '@openevolve-aws/job-spec';
import type { AwsClients } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';
import type { EnvironmentOutputs } from './environment-outputs.ts';
import { isPushed } from './pushed-image.ts';

/** What is missing before a deployed environment can run jobs. */
export type NextStep = 'provider-key' | 'image';

/**
 * Looks whether the provider's key is stored, and the image pushed that the job definitions name.
 *
 * @example
 * (await nextSteps(clients, outputs, '0.1.0')).includes('image'); // true until it is pushed
 */
export async function nextSteps(
  clients: Pick<AwsClients, 'secrets' | 'ecr'>,
  outputs: EnvironmentOutputs,
  imageTag: string,
  options: CallOptions = {},
): Promise<NextStep[]> {
  const [secret, pushed] = await Promise.all([
    clients.secrets().then((api) => api.getSecretValue(outputs.GeminiSecretArn, options)),
    isPushed(clients, outputs.EcrRepositoryUrl, imageTag, options),
  ]);
  return [
    ...(secret === '' || secret.includes(PROVIDER_KEY_PLACEHOLDER)
      ? ['provider-key' as const]
      : []),
    ...(pushed === false ? ['image' as const] : []),
  ];
}

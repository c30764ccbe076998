import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { StsApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

/** The region of the SDK's default chain, such as that of `AWS_PROFILE`; null when it has none. */
export async function defaultRegion(): Promise<string | null> {
  return new STSClient({}).config.region().catch(() => null);
}

export function stsApi(config: ClientConfig): StsApi {
  const client = new STSClient(clientConfig(config));
  const { repeated } = caller('STS', config);
  return {
    getCallerIdentity: async (options) => {
      const { Account = '', Arn = '' } = await repeated('GetCallerIdentity', options, (sending) =>
        client.send(new GetCallerIdentityCommand({}), sending),
      );
      return { account: Account, arn: Arn };
    },
  };
}

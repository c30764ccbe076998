import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { StsApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

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

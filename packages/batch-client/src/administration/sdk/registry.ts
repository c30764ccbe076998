import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { type ClientConfig, caller, clientConfig } from '../../aws/sdk/client-config.ts';
import type { RegistryApi } from '../ports.ts';

export function registryApi(config: ClientConfig): RegistryApi {
  const client = new ECRClient(clientConfig(config));
  const { repeated } = caller('ECR', config);
  return {
    login: async (options) => {
      const { authorizationData: [token] = [] } = await repeated(
        'GetAuthorizationToken',
        options,
        (sending) => client.send(new GetAuthorizationTokenCommand({}), sending),
      );
      // "AWS:<password>" in base64
      const words = Buffer.from(token?.authorizationToken ?? '', 'base64').toString();
      const colon = words.indexOf(':');
      return { username: words.slice(0, colon), password: words.slice(colon + 1) };
    },
  };
}

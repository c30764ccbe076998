import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretsApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function secretsApi(config: ClientConfig): SecretsApi {
  const client = new SecretsManagerClient(clientConfig(config));
  const { repeated } = caller('Secrets Manager', config);
  return {
    getSecretValue: async (id, options) => {
      const { SecretString = '' } = await repeated('GetSecretValue', options, (sending) =>
        client.send(new GetSecretValueCommand({ SecretId: id }), sending),
      );
      return SecretString;
    },
  };
}

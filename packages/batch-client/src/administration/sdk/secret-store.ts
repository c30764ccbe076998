import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type ClientConfig, caller, clientConfig } from '../../aws/sdk/client-config.ts';
import type { SecretStoreApi } from '../ports.ts';

export function secretStoreApi(config: ClientConfig): SecretStoreApi {
  const client = new SecretsManagerClient(clientConfig(config));
  const { repeated } = caller('Secrets Manager', config);
  return {
    put: async (id, value, options) => {
      await repeated('PutSecretValue', options, (sending) =>
        client.send(new PutSecretValueCommand({ SecretId: id, SecretString: value }), sending),
      );
    },
  };
}

import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { awsErrorName } from '../aws-errors.ts';
import type { SsmApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function ssmApi(config: ClientConfig): SsmApi {
  const client = new SSMClient(clientConfig(config));
  const { repeated } = caller('SSM', config);
  return {
    getParameter: async (name, options) => {
      try {
        const { Parameter } = await repeated('GetParameter', options, (sending) =>
          client.send(new GetParameterCommand({ Name: name }), sending),
        );
        return Parameter?.Value ?? null;
      } catch (error) {
        if (awsErrorName(error) === 'ParameterNotFound') {
          return null;
        }
        throw error;
      }
    },
  };
}

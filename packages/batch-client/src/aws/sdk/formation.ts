import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { awsErrorName } from '../aws-errors.ts';
import type { FormationApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function formationApi(config: ClientConfig): FormationApi {
  const client = new CloudFormationClient(clientConfig(config));
  const { repeated } = caller('CloudFormation', config);
  return {
    stackOutputs: async (name, options) => {
      try {
        const { Stacks } = await repeated('DescribeStacks', options, (sending) =>
          client.send(new DescribeStacksCommand({ StackName: name }), sending),
        );
        const outputs = Stacks?.[0]?.Outputs ?? [];
        return Object.fromEntries(
          outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
        );
      } catch (error) {
        // "Stack with id openevolve-prod does not exist"
        if (awsErrorName(error) === 'ValidationError' && /not exist/.test(String(error))) {
          return null;
        }
        throw error;
      }
    },
  };
}

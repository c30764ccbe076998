import {
  BatchClient,
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  type JobDefinition,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import { type ClientConfig, caller, clientConfig } from '../../aws/sdk/client-config.ts';
import type { DefinitionsApi } from '../ports.ts';

export function definitionsApi(config: ClientConfig): DefinitionsApi {
  const client = new BatchClient(clientConfig(config));
  const { repeated } = caller('AWS Batch', config);
  return {
    active: async (options) => {
      const found: JobDefinition[] = [];
      let token: string | undefined;
      do {
        const page = await repeated('DescribeJobDefinitions', options, (sending) =>
          client.send(
            new DescribeJobDefinitionsCommand({ status: 'ACTIVE', nextToken: token }),
            sending,
          ),
        );
        found.push(...(page.jobDefinitions ?? []));
        token = page.nextToken;
      } while (token);
      return found;
    },
    // After a lost reply there is one revision more, which is the same.
    register: async (input, options) => {
      const { revision = 0 } = await repeated('RegisterJobDefinition', options, (sending) =>
        client.send(new RegisterJobDefinitionCommand(input), sending),
      );
      return { revision };
    },
    deregister: async (arn, options) => {
      await repeated('DeregisterJobDefinition', options, (sending) =>
        client.send(new DeregisterJobDefinitionCommand({ jobDefinition: arn }), sending),
      );
    },
  };
}

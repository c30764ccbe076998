import { ListSubscriptionsByTopicCommand, SNSClient, type Subscription } from '@aws-sdk/client-sns';
import type { SnsApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function snsApi(config: ClientConfig): SnsApi {
  const client = new SNSClient(clientConfig(config));
  const { repeated } = caller('SNS', config);
  return {
    listSubscriptions: async (topicArn, options) => {
      const found: Subscription[] = [];
      let token: string | undefined;
      do {
        const page = await repeated('ListSubscriptionsByTopic', options, (sending) =>
          client.send(
            new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, NextToken: token }),
            sending,
          ),
        );
        found.push(...(page.Subscriptions ?? []));
        token = page.NextToken;
      } while (token);
      return found.map(({ Endpoint = '', SubscriptionArn = '' }) => ({
        endpoint: Endpoint,
        confirmed: SubscriptionArn.startsWith('arn:'),
      }));
    },
  };
}

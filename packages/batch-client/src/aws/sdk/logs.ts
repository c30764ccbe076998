import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function logsApi(config: ClientConfig): LogsApi {
  const client = new CloudWatchLogsClient(clientConfig(config));
  const { repeated } = caller('CloudWatch Logs', config);
  return {
    getLogEvents: (input, options) =>
      repeated('GetLogEvents', options, (sending) =>
        client.send(new GetLogEventsCommand(input), sending),
      ),
  };
}

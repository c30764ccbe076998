import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { QuotasApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function quotasApi(config: ClientConfig): QuotasApi {
  const client = new ServiceQuotasClient(clientConfig(config));
  const { repeated } = caller('Service Quotas', config);
  return {
    getServiceQuota: async (service, code, options) => {
      const { Quota } = await repeated('GetServiceQuota', options, (sending) =>
        client.send(new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }), sending),
      );
      return Quota?.Value ?? null;
    },
  };
}

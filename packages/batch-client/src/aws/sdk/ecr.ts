import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { EcrApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function ecrApi(config: ClientConfig): EcrApi {
  const client = new ECRClient(clientConfig(config));
  const { repeated } = caller('ECR', config);
  return {
    findImage: async ({ account, repository, tag, digest }, options) => {
      const image = digest === undefined ? { imageTag: tag } : { imageDigest: digest };
      try {
        const { imageDetails: [found] = [] } = await repeated(
          'DescribeImages',
          options,
          (sending) =>
            client.send(
              new DescribeImagesCommand({
                registryId: account,
                repositoryName: repository,
                imageIds: [image],
              }),
              sending,
            ),
        );
        return found === undefined ? null : { pushedAt: found.imagePushedAt ?? null };
      } catch (error) {
        if (error instanceof Error && isMissing(error.cause)) {
          return null;
        }
        throw error;
      }
    },
  };
}

function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    ['ImageNotFoundException', 'RepositoryNotFoundException'].includes(cause.name)
  );
}

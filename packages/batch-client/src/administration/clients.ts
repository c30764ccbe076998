import { awsClients } from '../aws/clients.ts';
import { once } from '../aws/once.ts';
import type { AdministratorClients } from './ports.ts';

/**
 * AWS's own services in a region, with what changes an environment.
 *
 * @example
 * const { password } = await (await administratorClients({ region }).registry()).login();
 */
export function administratorClients(config: { readonly region: string }): AdministratorClients {
  return {
    ...awsClients(config),
    definitions: once(async () => (await import('./sdk/definitions.ts')).definitionsApi(config)),
    registry: once(async () => (await import('./sdk/registry.ts')).registryApi(config)),
    secretStore: once(async () => (await import('./sdk/secret-store.ts')).secretStoreApi(config)),
    buckets: once(async () => {
      const { bucketNames, measureBucket, removeBucket } = await import(
        '@openevolve-aws/object-store/s3'
      );
      return {
        names: (prefix, options) => bucketNames(prefix, config, options),
        measure: (name, options) => measureBucket(name, config, options),
        remove: (name, options) => removeBucket(name, config, options),
      };
    }),
  };
}

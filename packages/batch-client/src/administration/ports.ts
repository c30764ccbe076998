import type { JobDefinition, RegisterJobDefinitionCommandInput } from '@aws-sdk/client-batch';
import type { BucketContents } from '@openevolve-aws/object-store/s3';
import type { AwsClients } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';

/** Job definitions, of which a revision never changes. */
export interface DefinitionsApi {
  /** All active revisions of all definitions in the region. */
  readonly active: (options?: CallOptions) => Promise<readonly JobDefinition[]>;
  /** Makes the next revision of a definition, or the first. */
  readonly register: (
    input: RegisterJobDefinitionCommandInput,
    options?: CallOptions,
  ) => Promise<{ readonly revision: number }>;
  /** Jobs that were submitted with the revision still run; new ones cannot be. */
  readonly deregister: (arn: string, options?: CallOptions) => Promise<void>;
}

/** What a container engine logs in to the account's registry with; it holds for 12 hours. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export interface RegistryApi {
  readonly login: (options?: CallOptions) => Promise<RegistryLogin>;
}

export interface SecretStoreApi {
  readonly put: (id: string, value: string, options?: CallOptions) => Promise<void>;
}

export interface BucketsApi {
  readonly names: (prefix: string, options?: CallOptions) => Promise<readonly string[]>;
  readonly measure: (
    name: string,
    options: CallOptions & { readonly limit: number },
  ) => Promise<BucketContents>;
  readonly remove: (
    name: string,
    options?: CallOptions & { readonly report?: (deleted: number) => void },
  ) => Promise<void>;
}

/** What whoever runs an environment needs beside what its users need; loaded at first use, too. */
export interface AdministratorClients extends AwsClients {
  readonly definitions: () => Promise<DefinitionsApi>;
  readonly registry: () => Promise<RegistryApi>;
  readonly secretStore: () => Promise<SecretStoreApi>;
  readonly buckets: () => Promise<BucketsApi>;
}

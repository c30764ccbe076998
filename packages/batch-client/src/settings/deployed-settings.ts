import { parseDocument, type Settings, settingsSchema } from '@openevolve-aws/job-spec';
import type { AwsClients, SsmApi } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';

/** Where the stack writes an environment's settings. */
export function settingsParameter(environment: string): string {
  return `/openevolve/${environment}/config`;
}

/** The settings in the parameter of a deployed environment, or null when there is none. */
export async function readParameter(
  ssm: SsmApi,
  environment: string,
  options: CallOptions = {},
): Promise<Settings | null> {
  const name = settingsParameter(environment);
  const content = await ssm.getParameter(name, options);
  return content === null ? null : parseDocument(settingsSchema, content, `the parameter ${name}`);
}

/**
 * The settings of a deployed environment, for a profile: from its parameter, or from the outputs of
 * its stack for whoever may read those alone.
 *
 * @throws {BatchClientError} `SETTINGS` when nothing is deployed under that name in the region.
 * @example
 * const settings = await deployedSettings(awsClients({ region: 'us-east-1' }), 'prod');
 * await writeProfile(profileFile(process.env), settings);
 */
export async function deployedSettings(
  clients: Pick<AwsClients, 'region' | 'ssm' | 'formation'>,
  environment: string,
  options: CallOptions = {},
): Promise<Settings> {
  const denied = (error: unknown): null => {
    if (error instanceof BatchClientError && error.code === 'ACCESS_DENIED') {
      return null;
    }
    throw error;
  };
  const settings = await readParameter(await clients.ssm(), environment, options).catch(denied);
  if (settings !== null) {
    return settings;
  }
  const stack = `openevolve-${environment}`;
  const outputs = await (await clients.formation()).stackOutputs(stack, options);
  const parsed = settingsSchema.safeParse({
    version: 1,
    environment,
    region: clients.region,
    inputBucket: outputs?.InputBucket,
    outputBucket: outputs?.OutputBucket,
    jobQueue: outputs?.JobQueue,
    jobDefinition: outputs?.JobDefinition,
  });
  if (!parsed.success) {
    throw new BatchClientError(
      'SETTINGS',
      `The environment ${environment} is not deployed in ${clients.region}: there is no parameter ${settingsParameter(environment)} that these credentials can read, and no stack ${stack} with its outputs. Check the environment and the region.`,
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

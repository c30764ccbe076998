import { type OutputName, outputNames, stackName } from '@openevolve-aws/job-spec';
import type { AwsClients } from '../aws/ports.ts';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';

/** Outputs of all stacks of an environment, as CloudFormation tells them. */
export type EnvironmentOutputs = Readonly<Record<OutputName, string>> &
  Readonly<Record<string, string>>;

/** The stacks of an environment, in the order in which they are deployed. */
export function stackNames(environment: string, groups: number): string[] {
  return Array.from({ length: groups + 1 }, (_, group) =>
    stackName(environment, group === 0 ? undefined : group),
  );
}

/**
 * Reads what the deployment of an environment made.
 *
 * @param groups how many further groups of users it has.
 * @throws {BatchClientError} `SETTINGS` when it is not deployed in the region.
 * @example
 * guideOutputs(await environmentOutputs(clients, 'prod', 0)).ecr_repository_url;
 */
export async function environmentOutputs(
  clients: Pick<AwsClients, 'formation' | 'region'>,
  environment: string,
  groups: number,
  options: CallOptions = {},
): Promise<EnvironmentOutputs> {
  const formation = await clients.formation();
  const found = await Promise.all(
    stackNames(environment, groups).map((stack) => formation.stackOutputs(stack, options)),
  );
  const outputs: Readonly<Record<string, string>> = Object.assign({}, ...found);
  if (!isWhole(outputs)) {
    throw new BatchClientError(
      'SETTINGS',
      `The environment ${environment} is not deployed in ${clients.region}: deploy it with 'openevolve-aws deploy', or check environment and region in the file that describes it.`,
    );
  }
  return outputs;
}

function isWhole(outputs: Readonly<Record<string, string>>): outputs is EnvironmentOutputs {
  return outputNames.every((name) => outputs[name]);
}

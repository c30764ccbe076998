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
 * Checks that every deployed group of users is in the environment's file: deploying the others would
 * leave its users their access, and none of the stacks can be deleted without it.
 *
 * @param groups how many further groups of users the file has.
 * @throws {BatchClientError} `CONFLICT` when there is a stack of one more.
 * @example
 * await requireAllGroups(clients, 'prod', config.moreUsers.length);
 */
export async function requireAllGroups(
  clients: Pick<AwsClients, 'formation'>,
  environment: string,
  groups: number,
  options: CallOptions = {},
): Promise<void> {
  const stack = stackName(environment, groups + 1);
  if ((await (await clients.formation()).stackOutputs(stack, options)) !== null) {
    throw new BatchClientError(
      'CONFLICT',
      `The stack ${stack} is deployed, and moreUsers has no group ${groups + 1}: its users would keep their access. Put the group back into moreUsers, as [] when all of its users have left.`,
    );
  }
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

import { describeIssues, ownerSchema, stackConfigSchema } from '@openevolve-aws/job-spec';
import { BatchClientError } from '../errors.ts';
import type { EnvironmentDocument } from './environment-file.ts';

/**
 * An environment with one more user, in the first group that has room, or else in a new one: users
 * stay in their groups, since a group is a stack.
 *
 * @param withKey whether an access key is made for the user and kept in Secrets Manager.
 * @throws {BatchClientError} `INVALID_INPUT` for what is no owner's name, or one too many; `CONFLICT`
 *   when the user is there.
 * @example
 * const more = addUser(document, 'carol', { withKey: true });
 */
export function addUser(
  document: EnvironmentDocument,
  user: string,
  { withKey }: { readonly withKey: boolean },
): EnvironmentDocument {
  const name = ownerSchema.safeParse(user);
  if (!name.success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${JSON.stringify(user)} cannot be a user: ${describeIssues(name.error)}.`,
    );
  }
  const { moreUsers = [], accessKeys = [] } = document;
  if ([...document.users, ...moreUsers.flat()].includes(user)) {
    throw new BatchClientError('CONFLICT', `${user} is a user already.`);
  }
  const base = withKey ? { ...document, accessKeys: [...accessKeys, user] } : document;
  const choices: EnvironmentDocument[] = [
    { ...base, users: [...base.users, user] },
    ...moreUsers.map((group, position) => ({
      ...base,
      moreUsers: moreUsers.with(position, [...group, user]),
    })),
    { ...base, moreUsers: [...moreUsers, [user]] },
  ];
  const possible = choices.find((choice) => stackConfigSchema.safeParse(choice).success);
  if (possible === undefined) {
    const { error } = stackConfigSchema.safeParse(choices.at(-1));
    throw new BatchClientError(
      'INVALID_INPUT',
      `${user} cannot be added: ${error ? describeIssues(error) : 'there is no room'}.`,
      { cause: error },
    );
  }
  return possible;
}

/**
 * An environment without a user. What the user stored stays in the buckets.
 *
 * @throws {BatchClientError} `NOT_FOUND` when there is no such user; `CONFLICT` for the only one of
 *   the environment.
 */
export function removeUser(document: EnvironmentDocument, user: string): EnvironmentDocument {
  const { moreUsers = [], accessKeys } = document;
  const users = [...document.users, ...moreUsers.flat()];
  if (!users.includes(user)) {
    throw new BatchClientError('NOT_FOUND', `${user} is no user of this environment.`);
  }
  if (users.length === 1) {
    throw new BatchClientError(
      'CONFLICT',
      `${user} is the only user of this environment, which needs one: add another first (openevolve-aws users add), or remove the whole environment (openevolve-aws destroy).`,
    );
  }
  const without = (group: readonly string[]) => group.filter((other) => other !== user);
  return {
    ...document,
    users: without(document.users),
    ...(document.moreUsers && { moreUsers: moreUsers.map(without) }),
    ...(accessKeys && { accessKeys: without(accessKeys) }),
  };
}

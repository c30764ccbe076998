import type { Account } from './account.ts';
import { everybody, type Row, type Who } from './matrix.ts';

/** The owner that somebody is, or would pose as. */
const ownerOf: Partial<Record<Who, string>> = {
  alice: 'alice',
  'session of alice': 'alice',
  alice2: 'alice2',
  "alice's job": 'alice',
  "alice2's job": 'alice2',
};

export interface Answer {
  readonly what: string;
  readonly who: Who;
  readonly allowed: boolean;
  readonly expected: boolean;
}

/**
 * Condition keys that the simulator's data lacks for a kind of resource. It passes over them, so a
 * policy must not depend on them there.
 */
const unknownKeys = new Set(['batch:ShareIdentifier', 's3:TlsVersion', 'aws:ResourceTag/Owner']);

/** Asks every question of every row for everybody, one after the other. */
export async function ask(account: Account, rows: readonly Row[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { what, requests, allowed } of rows) {
    for (const [who, principal] of Object.entries(everybody(account))) {
      let all = true;
      for (const request of requests(ownerOf[who as Who] ?? 'bob')) {
        const answer = await account.allows(principal, request);
        const surprising = answer.ignored.filter(
          (key) => !unknownKeys.has(key) && !key.startsWith('aws:PrincipalTag/'),
        );
        if (surprising.length > 0) {
          throw new TypeError(`${what}: the simulator passes over ${surprising.join(', ')}`);
        }
        all &&= answer.allowed;
      }
      answers.push({
        what,
        who: who as Who,
        allowed: all,
        expected: allowed.includes(who as Who),
      });
    }
  }
  return answers;
}

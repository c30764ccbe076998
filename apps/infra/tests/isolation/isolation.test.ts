import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveTemplate } from '../resolve-template.ts';
import { mainTemplate } from '../synthesize.ts';
import { Account } from './account.ts';
import { type Answer, ask } from './check.ts';
import { actionRows, objectRows } from './matrix.ts';
import { type RawTemplate, weakenings } from './weakenings.ts';

const document = path.join(import.meta.dirname, '../../../../docs/isolation-matrix.md');
const template = mainTemplate({ accessKeys: ['alice'] }).toJSON();
const account = new Account(resolveTemplate(template));
let toActions: Answer[];
let toObjects: Answer[];

beforeAll(async () => {
  toActions = await ask(account, actionRows(account));
  toObjects = await ask(account, objectRows());
});

it('answers every question as it should be answered', () => {
  const all = [...toActions, ...toObjects];
  expect(all.filter(({ allowed, expected }) => allowed !== expected)).toEqual([]);
  expect(all.length).toBeGreaterThan(1_000);
});

it('is what the documentation shows', async () => {
  await expect(matrixPage(toActions, toObjects)).toMatchFileSnapshot(document);
});

it('holds users and jobs whatever is attached to them by mistake', async () => {
  const { policies } = account.administrator();
  const rows = actionRows(account).filter(({ what }) =>
    ["read the model provider's key", 'iam:TagUser: alice', 'start a machine'].includes(what),
  );
  expect(rows).toHaveLength(3);
  for (const held of [account.iamUser('bob'), account.jobRole('bob')]) {
    for (const request of rows.flatMap(({ requests }) => requests('bob'))) {
      const { allowed } = await account.allows({ ...held, policies }, request);
      expect(allowed, request.action).toBe(false);
    }
  }
});

describe('a policy that is weakened is caught', () => {
  it.each(weakenings)('$name', async ({ weaken, caughtBy }) => {
    const weak = structuredClone(template) as RawTemplate;
    weaken(weak);
    const weakAccount = new Account(resolveTemplate(weak));
    const rows = [...actionRows(weakAccount), ...objectRows()].filter(
      ({ what }) => what === caughtBy,
    );
    const all = await ask(weakAccount, rows);
    expect(all.filter(({ allowed, expected }) => allowed && !expected)).not.toEqual([]);
  });
});

function matrixPage(actions: Answer[], objects: Answer[]): string {
  const count = actions.length + objects.length;
  const asked = [...new Set(actions.map(({ who }) => who))].join(', ');
  return `# Isolation matrix

Written by the test of \`apps/infra/tests/isolation\`: ${count} answers of an IAM policy simulator to
the policies of the synthesised template. All is asked of what belongs to alice, and asked for
everybody: ${asked}. Read [security.md](security.md) first.

## Actions

${table(actions)}

## Objects

${table(objects)}
`;
}

/** As the formatter has it: columns of one width. */
function table(all: Answer[]): string {
  const rows = [...Map.groupBy(all, ({ what }) => what)].map(([what, its]) => [
    what,
    its
      .filter(({ allowed }) => allowed)
      .map(({ who }) => who)
      .join(', ') || 'nobody',
  ]);
  const cells = [['what', 'allowed to'], ...rows];
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

import type { CheckName } from '@openevolve-aws/batch-client';
import { containerExitCodes, stackConfigSchema } from '@openevolve-aws/job-spec';
import { priceTables } from '@openevolve-aws/llm-gateway';
import { expect, it } from 'vitest';
import { idleMonthlyCost } from '../../apps/infra/src/idle-cost.ts';
import { administrationSteps } from '../transcript/administration-steps.ts';
import { readRepository } from './repository-documents.ts';

const { documents } = readRepository();

function document(path: string) {
  const found = documents.find((one) => one.path === path);
  if (found === undefined) {
    throw new Error(`There is no document ${path}.`);
  }
  return found;
}

/** Tables as rows of cells. */
const rowsOf = (path: string) =>
  document(path)
    .source.split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const explained = ['WAITING', 'RUNNING', 'DONE', 'CANCELLED', 'FAILED'];
// Whoever adds a check adds it here, or this is no such record.
const checks: Record<CheckName, true> = {
  credentials: true,
  clock: true,
  settings: true,
  owner: true,
  'input bucket': true,
  'output bucket': true,
  queue: true,
  'compute environments': true,
  'job definition': true,
  image: true,
  secret: true,
  'Spot quota': true,
  alerts: true,
};

it('says of everything that explain and doctor can say what to do', () => {
  const { anchors } = document('docs/troubleshooting.md');
  const said = [
    ...explained,
    ...containerExitCodes.map(({ name }) => name),
    ...Object.keys(checks).map((name) => name.replaceAll(' ', '-')),
  ];
  expect(said.filter((name) => !anchors.has(name.toLowerCase()))).toEqual([]);
});

it('names prices of models as they are counted, with source and date', () => {
  const { source: page } = document('docs/cost.md');
  const rows = rowsOf('docs/cost.md').map((cells) => cells.join(' | '));
  for (const { source, date, models } of Object.values(priceTables)) {
    expect(page).toContain(`From <${source}>, as of ${date}:`);
    for (const [model, { prompt, completion }] of Object.entries(models)) {
      expect(rows).toContain(`\`${model}\` | ${prompt} | ${completion}`);
    }
  }
});

it('names what an idle environment costs as deploy does', () => {
  const rows = rowsOf('docs/cost.md').map(([what, usd]) => `${what}: ${usd}`);
  const config = stackConfigSchema.parse({
    version: 1,
    region: 'us-east-1',
    users: ['alice'],
    alertEmail: 'your-email@example.com',
    monthlyBudgetUsd: 200,
    maxVcpus: 256,
    network: 'private',
  });
  for (const { what, usd } of idleMonthlyCost(config)) {
    expect(rows).toContain(`${what}: ${usd.toFixed(2)}`);
  }
});

it('counts in the README what the steps of the transcript have', () => {
  const rows = rowsOf('README.md').filter(([what = '']) => /\(steps|^in all/.test(what));
  const counted = rows.map(([, guide = '', ours = '']) => [guide, ours].map(Number.parseFloat));
  const of = (first: number, last: number) => {
    const steps = administrationSteps('').filter(({ number }) => number >= first && number <= last);
    return [
      steps.reduce((sum, { guide }) => sum + guide.length, 0),
      steps.reduce((sum, { ours }) => sum + ours.length, 0),
    ];
  };
  expect(counted.slice(0, 2)).toEqual([of(1, 7), of(8, 9)]);
  const sum = (column: number) =>
    counted.slice(0, -1).reduce((all, row) => all + (row[column] ?? 0), 0);
  expect(counted.at(-1)).toEqual([sum(0), sum(1)]);
});

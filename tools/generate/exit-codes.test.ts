import { cliExitCodes, containerExitCodes } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { exitCodesPage } from './exit-codes.ts';

const page = await exitCodesPage.generate();

it('has a line for every exit code of the container and of the command', () => {
  for (const { code, name, meaning } of [...containerExitCodes, ...cliExitCodes]) {
    expect(page).toContain(`| ${code} | \`${name}\` | ${meaning} |`);
  }
});

it('says of every code what the table promises, worked out from the retry rules', () => {
  const promised = { RETRY: 'starts another attempt', EXIT: 'ends the job as failed' };
  for (const { code, name, meaning, action } of containerExitCodes) {
    const ending = action === null ? 'ends the job as succeeded' : promised[action];
    expect(page).toContain(`| ${code} | \`${name}\` | ${meaning} | ${ending} |`);
  }
});

it('keeps every table whole: as many cells in each row as in its header', () => {
  for (const table of page.match(/(?:^\|.*\n)+/gm) ?? []) {
    const cells = table
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size, table).toBe(1);
  }
});

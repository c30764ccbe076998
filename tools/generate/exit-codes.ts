import {
  cliExitCodes,
  containerExitCodes,
  decideRetry,
  describeContainerExit,
  MAX_ATTEMPTS,
  type RetryAction,
  type RetryRule,
  retryRules,
} from '@openevolve-aws/job-spec';
import type { Generator } from './generator.ts';

/** Ends that no program chooses, but that people meet. */
const unchosen = [1, 137, 143];

const inWords: Readonly<Record<RetryAction, string>> = {
  RETRY: 'starts another attempt',
  EXIT: 'ends the job as failed',
};

/** `docs/exit-codes.md`, from the two tables and the retry rules of job-spec. */
export const exitCodesPage: Generator = {
  path: 'docs/exit-codes.md',
  generate:
    async () => `<!-- Made by \`npm run generate\` from packages/job-spec/src/contracts. Do not edit. -->

# Exit codes

Codes are stable: one never changes its meaning.

## The container

What one attempt of a job ended with.

${table(
  ['code', 'name', 'meaning', 'AWS Batch', 'what to do next'],
  containerExitCodes.map(({ code, name, meaning, next }) => [
    String(code),
    `\`${name}\``,
    meaning,
    afterExit(code),
    next,
  ]),
)}

Ends that this software never chooses:

${table(
  ['code', 'meaning', 'AWS Batch'],
  unchosen.map((code) => [String(code), describeContainerExit(code), afterExit(code)]),
)}

## Retry rules

After a failed attempt AWS Batch takes the first rule that matches; an end that matches none
${inWords[decideRetry({}, 1)]}. A job has ${MAX_ATTEMPTS} attempts. The local backend follows the same rules.

${table(
  ['rule', 'when', 'AWS Batch'],
  retryRules.map((rule, index) => [String(index + 1), describeRule(rule), inWords[rule.action]]),
)}

## The command

What \`openevolve-aws\` itself exits with.

${table(
  ['code', 'name', 'meaning'],
  cliExitCodes.map(({ code, name, meaning }) => [String(code), `\`${name}\``, meaning]),
)}
`,
};

function afterExit(exitCode: number): string {
  return exitCode === 0 ? 'ends the job as succeeded' : inWords[decideRetry({ exitCode }, 1)];
}

function describeRule({ onExitCode, onStatusReason }: RetryRule): string {
  return [
    onExitCode === undefined ? [] : `the exit code is \`${onExitCode}\``,
    onStatusReason === undefined ? [] : `the status reason is \`${onStatusReason}\``,
  ]
    .flat()
    .join(' and ');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

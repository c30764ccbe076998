import type { Typed } from './shell.ts';
import type { Command } from './steps.ts';

/** What of a command's outcome is not as the guide has it, each in a sentence. */
export function problemsOf(command: Command, { output, exitCode }: Typed): string[] {
  const { typed, guideOutput, shows = [] } = command;
  const wanted = command.exitCode ?? 0;
  return [
    ...(exitCode === wanted ? [] : [`${typed} ended with ${exitCode} and not ${wanted}`]),
    ...(guideOutput === undefined || withoutIds(output) === withoutIds(guideOutput)
      ? []
      : [`${typed} does not print what the guide shows`]),
    ...shows
      .filter((pattern) => !pattern.test(output))
      .map((pattern) => `${typed} does not show ${pattern}`),
  ];
}

/** Ids are others in every run. */
function withoutIds(output: string): string {
  return output
    .trimEnd()
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<batch job id>')
    .replaceAll(/\b[0-9a-f]{8}\b/g, '<short id>');
}

const HEAD = 12;
const TAIL = 6;
const WIDTH = 160;

/** An output as it is shown: long ones without their middle, and nothing of what was answered. */
export function shortened(output: string, answers: readonly string[] = []): string {
  const text = answers.reduce((shown, answer) => shown.replaceAll(answer, '...'), output);
  // A terminal shows what was written last over a line.
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^.*\r/, ''))
    .map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)}...` : line));
  const left = lines.length - HEAD - TAIL;
  const shown =
    left < 4 ? lines : [...lines.slice(0, HEAD), `[... ${left} lines ...]`, ...lines.slice(-TAIL)];
  return shown.join('\n').trim() === '' ? '' : `${shown.join('\n').trimEnd()}\n`;
}

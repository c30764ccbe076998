import { administrationSteps } from '../transcript/administration-steps.ts';
import { guideSteps } from '../transcript/steps.ts';
import type { MarkdownDocument } from './markdown.ts';
import { typedCommands } from './shell-commands.ts';

/** Commands of a document that the transcripts do not type. Pure. */
export function untranscribed({ codeBlocks }: MarkdownDocument): string[] {
  const typed = new Set(transcribed().map(comparable));
  return codeBlocks.flatMap(typedCommands).filter((command) => !typed.has(comparable(command)));
}

function transcribed(): string[] {
  return [
    ...guideSteps({ key: '', secret: '' }).flatMap(({ commands }) =>
      commands.map(({ typed }) =>
        typed.split('\n')[0]?.includes('<<') ? (typed.split('\n')[0] ?? '') : typed,
      ),
    ),
    ...administrationSteps('0123456789ab').flatMap(({ ours }) =>
      ours.map((one) => ('said' in one ? one.said : `openevolve-aws ${one.args.join(' ')}`)),
    ),
  ];
}

/** The same for commands that differ in ids or in how they are broken into lines. */
function comparable(command: string): string {
  return command
    .replaceAll('\\\n', ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\b[0-9a-f]{12}\b/g, 'ID')
    .trim();
}

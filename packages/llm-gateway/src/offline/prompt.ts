/** What OpenEvolve asks for in one prompt. */
export interface ProgramRequest {
  readonly program: string;
  /** The language tag of its fence, perhaps empty. */
  readonly language: string;
  /** SEARCH/REPLACE blocks, or the whole program anew. */
  readonly form: 'diff' | 'rewrite';
  /** Other programs that the prompt shows, in its own order: the best come first. */
  readonly others: readonly string[];
}

const CURRENT = /^# Current Program[ \t]*\n```([^\s`]*)[ \t]*\n/gm;
const OTHER = /^### (?:Program|Inspiration) D?\d+[^\n]*\n```[^\n]*\n/gm;

/**
 * Reads the current program and its relatives out of a prompt that OpenEvolve built.
 *
 * @param system the system message, which may hold the instructions in a custom prompt.
 * @returns null for a prompt that shows no current program, such as one that asks for a review.
 */
export function readPrompt(system: string, user: string): ProgramRequest | null {
  // Programs shown before it may quote the heading; the last one is the prompt's own.
  const heading = [...user.matchAll(CURRENT)].at(-1);
  if (!heading) return null;
  const before = user.slice(0, heading.index);
  const after = user.slice(heading.index + heading[0].length);
  const end = programEnd(after);
  if (end < 0) return null;

  const instructions = `${system}\n${after.slice(end)}`;
  return {
    program: after.slice(0, end),
    language: heading[1] ?? '',
    form: instructions.includes('<<<<<<< SEARCH') ? 'diff' : 'rewrite',
    others: [...before.matchAll(OTHER)].flatMap((match) => {
      const text = before.slice(match.index + match[0].length);
      const close = text.search(/^```[ \t]*$/m);
      return close > 0 ? [text.slice(0, close - 1)] : [];
    }),
  };
}

/** Where the program's text ends; a program may hold fences of its own, in a docstring say. */
function programEnd(text: string): number {
  const beforeTask = text.lastIndexOf('\n```\n\n# Task\n');
  return beforeTask >= 0 ? beforeTask : text.search(/\n```[ \t]*(?:\n|$)/);
}

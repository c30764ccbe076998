/** OpenEvolve 0.4.1's own side of a conversation: how it asks, and what it makes of a reply. */

export interface PromptParts {
  readonly program: string;
  readonly language?: string;
  readonly form?: 'diff' | 'rewrite';
  /** Best first. */
  readonly others?: readonly string[];
}

/** The user message, after the default templates `diff_user.txt` and `full_rewrite_user.txt`. */
export function userPrompt({
  program,
  language = 'python',
  form = 'diff',
  others = [],
}: PromptParts): string {
  const fence = (code: string) => `\`\`\`${language}\n${code}\n\`\`\``;
  const shown = others.map(
    (code, index) =>
      `### Program ${index + 1} (Score: 0.5000)\n${fence(code)}\nKey features: Metric: score (0.5)\n`,
  );
  return `# Current Program Information
- Fitness: 0.5000
- Focus areas: - Fitness unchanged at 0.5000

# Program Evolution History
## Previous Attempts

## Top Performing Programs

${shown.join('\n')}

# Current Program
${fence(program)}

# Task
${form === 'diff' ? diffTask : `Rewrite the program to improve its FITNESS SCORE.\n\n${fence('# Your rewritten program here')}`}`;
}

const diffTask = `Suggest improvements to the program that will improve its FITNESS SCORE.
You MUST use the exact SEARCH/REPLACE diff format shown below to indicate changes:

<<<<<<< SEARCH
# Original code to find and replace (must match exactly)
=======
# New replacement code
>>>>>>> REPLACE

IMPORTANT: Do not rewrite the entire program - focus on targeted improvements.`;

/**
 * The program that OpenEvolve makes of a diff reply: `extract_diffs` and `apply_diff_blocks` of
 * code_utils.py. Throws where OpenEvolve rejects the iteration, or a block matches nothing.
 */
export function applyDiffReply(program: string, reply: string): string {
  const markers = ['<<<<<<< SEARCH', '=======', '>>>>>>> REPLACE'];
  const lines = program.split('\n');
  let expected = 0;
  let section: string[] = [];
  let search: string[] = [];
  let blocks = 0;
  for (const line of reply.split('\n')) {
    const marker = markers.indexOf(line.trim());
    if (marker < 0) {
      section.push(line);
      continue;
    }
    if (marker !== expected) throw new Error(`unexpected ${line}`);
    const text = section.join('\n').trimEnd().split('\n');
    section = [];
    expected = (expected + 1) % 3;
    if (marker === 1) search = text;
    if (marker === 2) {
      const at = find(lines, search);
      if (at < 0) throw new Error(`no match for ${JSON.stringify(search)}`);
      lines.splice(at, search.length, ...text);
      blocks++;
    }
  }
  if (expected !== 0 || blocks === 0) throw new Error('no valid diff in the reply');
  return lines.join('\n');
}

function find(lines: readonly string[], search: readonly string[]): number {
  for (const same of [
    (left: string, right: string) => left === right,
    (left: string, right: string) => left.trimEnd() === right.trimEnd(),
  ]) {
    for (let at = 0; at + search.length <= lines.length; at++) {
      if (search.every((line, offset) => same(lines[at + offset] ?? '', line))) return at;
    }
  }
  return -1;
}

/** `parse_full_rewrite` of code_utils.py, for a reply with a fence. */
export function parseRewriteReply(reply: string, language = 'python'): string {
  const match = new RegExp(`\`\`\`${language}[ \\t]*\\r?\\n([\\s\\S]*?)\`\`\``).exec(reply);
  if (!match?.[1]) throw new Error('no fenced program in the reply');
  return match[1].trim();
}

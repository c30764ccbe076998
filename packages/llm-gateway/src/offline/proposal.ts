/**
 * The difference of two programs with the same number of lines, as OpenEvolve's SEARCH/REPLACE
 * blocks: one per changed line, each with as many lines around it as make it the first match.
 *
 * @example
 * diffBlocks('a = 1\nb = 2', 'a = 1\nb = 3');
 * // <<<<<<< SEARCH
 * // b = 2
 * // =======
 * // b = 3
 * // >>>>>>> REPLACE
 */
export function diffBlocks(program: string, proposal: string): string {
  // Blocks are applied one after the other, so each is matched against what the ones before left.
  const current = program.split('\n');
  const blocks = proposal.split('\n').flatMap((line, index) => {
    if (line === current[index]) return [];
    const [from, to] = uniqueRange(current, index);
    const search = asParsed(current.slice(from, to));
    const replacement = asParsed(current.slice(from, to).with(index - from, line));
    current.splice(from, search.length, ...replacement);
    return [['<<<<<<< SEARCH', ...search, '=======', ...replacement, '>>>>>>> REPLACE'].join('\n')];
  });
  return blocks.join('\n\n');
}

/** The lines of a block as OpenEvolve reads them: without blanks and empty lines at its end. */
function asParsed(lines: readonly string[]): string[] {
  return lines.join('\n').trimEnd().split('\n');
}

/** The smallest range around a line that OpenEvolve finds at its own place and nowhere before. */
function uniqueRange(lines: readonly string[], index: number): [from: number, to: number] {
  let from = index;
  let to = index + 1;
  while (firstMatch(lines, lines.slice(from, to)) !== from && (from > 0 || to < lines.length)) {
    // Upwards first: a range that ends in a blank line loses it when the reply is parsed.
    if (from > 0) from--;
    else to++;
  }
  return [from, to];
}

/** Where OpenEvolve applies a block: exactly, or else but for blanks at the ends of lines. */
function firstMatch(lines: readonly string[], range: readonly string[]): number {
  const search = asParsed(range);
  const exact = indexOfLines(lines, search);
  if (exact >= 0) return exact;
  const trimmed = (list: readonly string[]) => list.map((line) => line.trimEnd());
  return indexOfLines(trimmed(lines), trimmed(search));
}

function indexOfLines(lines: readonly string[], search: readonly string[]): number {
  return lines.findIndex((_, at) => search.every((line, offset) => lines[at + offset] === line));
}

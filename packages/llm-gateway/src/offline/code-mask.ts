const hashComments = /("""|''')[\s\S]*?(?:\1|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|#[^\n]*/g;
// A quote that is not closed at once is a lifetime in Rust, not the beginning of a text.
const slashComments =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"?|`(?:\\.|[^`\\])*`?|'(?:\\[^\n]+?|[^'\\\n])'/g;
const slashCommentsAndText =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"?|`(?:\\.|[^`\\])*`?|'(?:\\.|[^'\\\n])*'?/g;

const imports =
  /^[ \t]*(?:import\b|from\s+\S+\s+import\b|#\s*include\b|use\s|using\s|package\s|library\(|require\().*$/gm;

const hashLanguages = /^(?:python|py|r|ruby|julia|perl|bash|sh|elixir|toml|yaml)$/i;
const slashLanguages =
  /^(?:c|cpp|c\+\+|cuda|java|javascript|js|typescript|ts|go|rust|csharp|swift|kotlin|scala|metal|zig)$/i;
const evolveMarker = /^\W*EVOLVE-BLOCK-(START|END)\b/;

/**
 * The program with everything blanked that must not be changed: comments, texts and docstrings,
 * imports, and whatever lies outside the EVOLVE-BLOCK regions, if it has any. The same length and
 * the same line breaks as the program, so that places in one are places in the other. Texts become
 * `"`, so that what surrounds them can be told from an empty place.
 *
 * @param language the tag of the program's fence; guessed from the text if it says nothing.
 */
export function maskCode(program: string, language: string): string {
  const masked = program
    .replace(tokens(program, language), (token) =>
      token.replace(/[^\n]/g, /^["'`]/.test(token) ? '"' : ' '),
    )
    .replace(imports, (line) => ' '.repeat(line.length));
  return outsideBlanked(program, masked);
}

function tokens(program: string, language: string): RegExp {
  if (/^rust$/i.test(language)) return slashComments;
  if (slashLanguages.test(language)) return slashCommentsAndText;
  if (hashLanguages.test(language)) return hashComments;
  return /^\s*(?:\/\/|\/\*)|[;{]\s*(?:\/\/.*)?$/m.test(program)
    ? slashCommentsAndText
    : hashComments;
}

function outsideBlanked(program: string, masked: string): string {
  const lines = program.split('\n');
  const markers = lines.map((line) => evolveMarker.exec(line)?.[1]);
  if (!markers.includes('START')) return masked;
  let inside = false;
  return masked
    .split('\n')
    .map((line, index) => {
      const marker = markers[index];
      if (marker) inside = marker === 'START';
      return inside && !marker ? line : ' '.repeat(line.length);
    })
    .join('\n');
}

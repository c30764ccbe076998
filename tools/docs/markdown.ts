import { marked, type Token, type Tokens } from 'marked';

/** Code that stands between fences. */
export interface CodeBlock {
  /** `sh`, `console`, `ts`; empty without one. */
  readonly language: string;
  readonly text: string;
}

/** What of one Markdown document can be checked. */
export interface MarkdownDocument {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly source: string;
  /** Targets of links and images, as they are written. */
  readonly links: readonly string[];
  /** What a link can name behind `#`, as GitHub makes it of the headings. */
  readonly anchors: ReadonlySet<string>;
  readonly codeBlocks: readonly CodeBlock[];
  /** Code within sentences. */
  readonly codeSpans: readonly string[];
}

/** Reads a document. Pure. */
export function parseMarkdown(path: string, source: string): MarkdownDocument {
  const links: string[] = [];
  const headings: string[] = [];
  const codeBlocks: CodeBlock[] = [];
  const codeSpans: string[] = [];
  // What issue forms and the like have before the first heading is not Markdown.
  const tokens = marked.lexer(source.replace(/^---\n.*?\n---\n/s, ''));
  marked.walkTokens(tokens, (token: Token) => {
    switch (token.type) {
      case 'link':
      case 'image':
        links.push(token.href);
        break;
      case 'heading':
        headings.push(plainText(token.tokens ?? []));
        break;
      case 'code':
        codeBlocks.push({ language: languageOf(token as Tokens.Code), text: token.text });
        break;
      case 'codespan':
        codeSpans.push(withoutEntities(token.text));
        break;
    }
  });
  return { path, source, links, anchors: anchorsOf(headings), codeBlocks, codeSpans };
}

function languageOf({ lang = '' }: Tokens.Code): string {
  return lang.split(/\s/)[0] ?? '';
}

/** A heading as it is read. */
function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens ? plainText(token.tokens) : withoutEntities(textOf(token)),
    )
    .join('');
}

function textOf(token: Token): string {
  return 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

/** The lexer gives code as HTML. */
function withoutEntities(html: string): string {
  return html.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}

/** GitHub's rule: lower case, punctuation left out, dashes for spaces, numbers for repetitions. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const slug = heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let repetition = 1; anchors.has(anchor); repetition += 1) {
      anchor = `${slug}-${repetition}`;
    }
    anchors.add(anchor);
  }
  return anchors;
}

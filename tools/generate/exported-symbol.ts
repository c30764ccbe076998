import ts from 'typescript';

/** One export of a package, as the reference shows it. */
export interface ExportedSymbol {
  readonly name: string;
  /** What is called comes before what is passed. */
  readonly order: number;
  readonly markdown: string;
}

/** An export with its declaration and its docstring. */
export function describeExport(exported: ts.Symbol, checker: ts.TypeChecker): ExportedSymbol {
  const symbol =
    exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = symbol.declarations ?? [];
  const [first] = declarations;
  if (!first) {
    throw new Error(`${exported.name} is declared nowhere.`);
  }
  // The one with the body, of several, is not for callers.
  const shown = declarations.filter(
    (one) => declarations.length === 1 || !(ts.isFunctionDeclaration(one) && one.body),
  );
  const code = shown.map((one) => declarationText(one, checker)).join('\n');
  const markdown = [
    `### ${exported.name}`,
    `\`\`\`ts\n${code}\n\`\`\``,
    wordsOf(symbol.getDocumentationComment(checker)),
    ...symbol.getJsDocTags(checker).map(describeTag),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  return { name: exported.name, order: orderOf(first), markdown };
}

function orderOf(declaration: ts.Declaration): number {
  const kinds: readonly ((node: ts.Node) => boolean)[] = [
    ts.isFunctionDeclaration,
    ts.isClassDeclaration,
    ts.isVariableDeclaration,
  ];
  const order = kinds.findIndex((is) => is(declaration));
  return order === -1 ? kinds.length : order;
}

/** A docstring's text, with code for links. */
function wordsOf(parts: ts.SymbolDisplayPart[] | undefined): string {
  const text = ts.displayPartsToString(parts).trim();
  return text.replaceAll(/\{@link (\w+)\}/g, '`$1`');
}

function describeTag({ name, text }: ts.JSDocTagInfo): string {
  const words = wordsOf(text);
  switch (name) {
    case 'example':
      return `\`\`\`ts\n${words}\n\`\`\``;
    case 'param': {
      const [parameter = '', ...rest] = words.split(/\s+/);
      return `- \`${parameter}\`: ${rest.join(' ').replace(/^- /, '')}`;
    }
    case 'returns':
      return `Returns ${words}`;
    case 'throws':
      return `Throws ${words.replace(/^\{(\w+)\}/, '`$1`')}`;
    default:
      return `${name}: ${words}`;
  }
}

function declarationText(node: ts.Declaration, checker: ts.TypeChecker): string {
  if (ts.isFunctionDeclaration(node)) {
    return signatureText(node);
  }
  if (ts.isClassDeclaration(node)) {
    return classText(node);
  }
  if (ts.isVariableDeclaration(node)) {
    return constantText(node, checker);
  }
  if (ts.isTypeAliasDeclaration(node) && /\bz\.(infer|input|output)</.test(node.getText())) {
    return `type ${node.name.text} = ${expanded(node, checker)}`;
  }
  return withoutExport(node.getText());
}

/** What a schema stands for, written out: nobody reads a schema's own type. */
function expanded(node: ts.TypeAliasDeclaration, checker: ts.TypeChecker): string {
  const flags =
    ts.NodeBuilderFlags.NoTruncation |
    ts.NodeBuilderFlags.InTypeAlias |
    ts.NodeBuilderFlags.UseAliasDefinedOutsideCurrentScope;
  const type = checker.typeToTypeNode(checker.getTypeAtLocation(node.name), node, flags);
  if (!type) {
    throw new Error(`The type ${node.name.text} cannot be written out.`);
  }
  return ts.createPrinter().printNode(ts.EmitHint.Unspecified, type, node.getSourceFile());
}

/** Longer ones are data, whose place is the source. */
const LONGEST_TYPE = 160;

function constantText(node: ts.VariableDeclaration, checker: ts.TypeChecker): string {
  const name = node.name.getText();
  const type =
    node.type?.getText() ??
    checker.typeToString(
      checker.getTypeAtLocation(node),
      node,
      ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope,
    );
  return type.length <= LONGEST_TYPE ? `const ${name}: ${type}` : `const ${name}`;
}

function classText(node: ts.ClassDeclaration): string {
  const members = node.members.filter(isPublic).map((member) => {
    const text = signatureText(member);
    const comment = commentOf(member);
    return `${comment}${text}`.replaceAll(/^/gm, '  ').replaceAll(/^ +$/gm, '');
  });
  const source = node.getSourceFile().text;
  const heritage = (node.heritageClauses ?? []).map((clause) => ` ${clause.getText()}`).join('');
  const parameters = node.typeParameters
    ? `<${source.slice(node.typeParameters.pos, node.typeParameters.end)}>`
    : '';
  return `class ${node.name?.text}${parameters}${heritage} {\n${members.join('\n')}\n}`;
}

function isPublic(member: ts.ClassElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const isHidden = (ts.getCombinedModifierFlags(member) & hidden) !== 0;
  return !isHidden && !(member.name && ts.isPrivateIdentifier(member.name));
}

function commentOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).map((one) => `${outdented(one.getText())}\n`);
  return comments.join('');
}

/** A declaration without its body. */
function signatureText(node: ts.FunctionDeclaration | ts.ClassElement): string {
  const text = node.getText();
  const body = 'body' in node && node.body ? (node.body as ts.Block) : undefined;
  const head = body ? text.slice(0, body.getStart() - node.getStart()) : text;
  return outdented(withoutExport(head.trim()));
}

function withoutExport(text: string): string {
  return text
    .replace(/^export (default )?/, '')
    .replace(/^async /, '')
    .replace(/^(function)?\*( ?)/, '$1$2');
}

/** Lines behind the first one moved to the left, as far as the last one is in. */
function outdented(text: string): string {
  const indent = /^ *(?=[^\s][^\n]*$)/m.exec(text.slice(text.lastIndexOf('\n') + 1))?.[0] ?? '';
  return text.includes('\n')
    ? text.replaceAll(new RegExp(`^${indent.replace(/ $/, '')}`, 'gm'), '')
    : text;
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describeExport } from './exported-symbol.ts';
import type { Generator } from './generator.ts';
import { inRepository } from './repository.ts';

/** Those that a program of somebody else's imports; the SDK first. */
const folders = [
  'packages/batch-client',
  'packages/job-spec',
  'packages/s3-layout',
  'packages/object-store',
  'packages/checkpoint-sync',
  'packages/llm-gateway',
  'apps/infra',
];

interface Entry {
  /** As it is imported: `@openevolve-aws/batch-client/administration`. */
  readonly name: string;
  readonly file: string;
}

interface PublicPackage {
  readonly folder: string;
  readonly name: string;
  readonly description: string;
  readonly entries: readonly Entry[];
}

interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** `docs/sdk/`: a page for each public package, from its sources' docstrings, and a list of them. */
export function sdkReference(): Generator[] {
  const packages = folders.map(readPackage);
  // Reading the sources takes seconds, and once is enough for all pages.
  let program: ts.Program | null = null;
  const compiled = (): ts.Program => {
    program ??= compile(packages.flatMap(({ entries }) => entries.map(({ file }) => file)));
    return program;
  };
  return [
    { path: 'docs/sdk/README.md', generate: async () => overview(packages) },
    ...packages.map((one) => ({
      path: pageOf(one),
      generate: async () => page(one, compiled()),
    })),
  ];
}

function readPackage(folder: string): PublicPackage {
  const manifest = JSON.parse(
    readFileSync(inRepository(`${folder}/package.json`), 'utf8'),
  ) as Manifest;
  const entries = Object.entries(manifest.exports).flatMap(([entry, targets]) => {
    const source = typeof targets === 'string' ? undefined : targets['@openevolve-aws/source'];
    return source === undefined
      ? []
      : [
          {
            name: path.posix.join(manifest.name, entry),
            file: inRepository(`${folder}/${source}`),
          },
        ];
  });
  return { folder, name: manifest.name, description: manifest.description, entries };
}

function pageOf({ name }: PublicPackage): string {
  return `docs/sdk/${path.posix.basename(name)}.md`;
}

function compile(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(inRepository('tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, inRepository('.'));
  return ts.createProgram(files, { ...options, noEmit: true, composite: false });
}

const MADE = 'Made by `npm run generate` from the docstrings of';

function overview(packages: readonly PublicPackage[]): string {
  return `<!-- ${MADE} the packages. Do not edit. -->

# SDK reference

Every package is ESM for Node 22.12 or newer, has its types and its sources with it, and is versioned on
its own. Begin with \`submitJob\` of [batch-client](batch-client.md); a whole program is in
[examples/submit-from-code](../../examples/submit-from-code).

${packages
  .map((one) => `- [${one.name}](${path.posix.basename(pageOf(one))}): ${one.description}`)
  .join('\n')}
`;
}

function page(one: PublicPackage, program: ts.Program): string {
  const checker = program.getTypeChecker();
  const sections = one.entries.map(({ name, file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) {
      throw new Error(`${file} is no module.`);
    }
    const exported = checker
      .getExportsOfModule(module)
      .map((symbol) => describeExport(symbol, checker))
      .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
    return `## ${name}\n\n${exported.map(({ markdown }) => markdown).join('\n\n')}`;
  });
  return `<!-- ${MADE} ${one.folder}. Do not edit. -->

# ${one.name}

${one.description}. What it is for and what it guarantees is in [its README](../../${one.folder}/README.md).

${sections.join('\n\n')}
`;
}

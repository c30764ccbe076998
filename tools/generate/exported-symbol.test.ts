import ts from 'typescript';
import { expect, it } from 'vitest';
import { describeExport } from './exported-symbol.ts';

/** What the reference says of each export of a module. */
function describeAll(source: string): Map<string, string> {
  const name = '/module.ts';
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    getSourceFile: (file, version) =>
      file === name ? ts.createSourceFile(file, source, version, true) : undefined,
  };
  const program = ts.createProgram([name], { noLib: true, noResolve: true, types: [] }, host);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(name);
  const module = file && checker.getSymbolAtLocation(file);
  const exported = module ? checker.getExportsOfModule(module) : [];
  return new Map(exported.map((symbol) => [symbol.name, describeExport(symbol, checker).markdown]));
}

it('shows a function as it is called, with its docstring', () => {
  const described = describeAll(`
/**
 * Says where a job is, as {@link list} does.
 *
 * @param id of the job.
 * @returns a place.
 * @throws {PlaceError} when there is none.
 * @throws the store's error.
 * @example
 * where('a1');
 */
export async function where(id: string): Promise<string> {
  return hidden(id);
}
export function* list(): Generator<string> {}
`);
  expect(described.get('where')).toBe(`### where

\`\`\`ts
function where(id: string): Promise<string>
\`\`\`

Says where a job is, as \`list\` does.

- \`id\`: of the job.

Returns a place.

Throws \`PlaceError\` when there is none.

Throws the store's error.

\`\`\`ts
where('a1');
\`\`\``);
  expect(described.get('list')).toContain('\nfunction list(): Generator<string>\n');
});

it('shows of overloads those that can be called', () => {
  const described = describeAll(`
export function one(a: string): string;
export function one(a: number): number;
export function one(a: unknown): unknown { return a; }
`);
  expect(described.get('one')).toContain('string;\nfunction one(a: number): number;\n```');
});

it('shows of a class what is public, without bodies', () => {
  const described = describeAll(`
export class Store<T> extends Base implements Port {
  readonly root: string;
  #secret = 1;
  private kept = 2;
  /** Reads one. */
  async get(key: string): Promise<T> {
    return this.#read(key);
  }
  *keys(): Generator<string> {}
  #read(key: string): T { return key; }
}
`);
  expect(described.get('Store')).toBe(`### Store

\`\`\`ts
class Store<T> extends Base implements Port {
  readonly root: string;
  /** Reads one. */
  get(key: string): Promise<T>
  keys(): Generator<string>
}
\`\`\``);
});

it('shows members of an interface with what they mean, and long constants by name', () => {
  const described = describeAll(`
export interface Place {
  /** Where. */
  readonly key: string;
}
export const few = 3;
export const many = { ${Array.from({ length: 40 }, (_, at) => `key${at}: ${at}`).join(', ')} };
`);
  expect(described.get('Place')).toContain('  /** Where. */\n  readonly key: string;\n}');
  expect(described.get('few')).toContain('const few: 3\n');
  expect(described.get('many')).toContain('const many\n');
});

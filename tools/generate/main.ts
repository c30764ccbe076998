import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cliReference } from './cli-reference.ts';
import { exitCodesPage } from './exit-codes.ts';
import { format } from './format.ts';
import { type Generator, MissingToolError } from './generator.ts';
import { openEvolveConfig } from './openevolve-config.ts';
import { inRepository } from './repository.ts';
import { sdkReference } from './sdk-reference.ts';

const generators: readonly Generator[] = [
  cliReference,
  exitCodesPage,
  openEvolveConfig,
  ...sdkReference(),
];

async function read(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** Brings one file up to date, or only looks. True when it is as it should be afterwards. */
async function bringUpToDate(generator: Generator, check: boolean): Promise<boolean> {
  const file = inRepository(generator.path);
  let content: string;
  try {
    content = await format(generator.path, await generator.generate());
  } catch (error) {
    if (!(error instanceof MissingToolError)) {
      throw error;
    }
    console.error(`${generator.path}: skipped. ${error.message}`);
    return false;
  }
  if ((await read(file)) === content) {
    return true;
  }
  if (check) {
    console.error(`${generator.path}: stale. Run: npm run generate`);
    return false;
  }
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  console.log(`${generator.path}: written`);
  return true;
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
for (const generator of generators) {
  if (!(await bringUpToDate(generator, values.check))) {
    process.exitCode = 1;
  }
}

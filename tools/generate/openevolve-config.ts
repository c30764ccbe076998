import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Generator, MissingToolError } from './generator.ts';
import { inRepository } from './repository.ts';

const run = promisify(execFile);
const python = inRepository('.venv/bin/python');
const runner = inRepository('apps/entrypoint/runner');

/** The JSON Schema of OpenEvolve's configuration, as the installed OpenEvolve defines it. */
export const openEvolveConfig: Generator = {
  path: 'packages/job-spec/src/contracts/openevolve-config.gen.ts',
  async generate() {
    if (!existsSync(python)) {
      throw new MissingToolError('There is no Python environment in .venv. Run: npm run setup');
    }
    const [schema, version] = await Promise.all([
      runPython('-m', 'openevolve_runner.config_schema'),
      runPython('-c', "from importlib.metadata import version; print(version('openevolve'))"),
    ]);
    return `// Made by \`npm run generate\` from the config classes of OpenEvolve ${version.trim()}. Do not edit.
import type { z } from 'zod';

/** What OpenEvolve ${version.trim()} accepts in \`config.yaml\`: JSON Schema, draft 2020-12. */
export const openEvolveConfigJsonSchema: z.core.JSONSchema.JSONSchema = ${JSON.stringify(JSON.parse(schema))};
`;
  },
};

async function runPython(...args: string[]): Promise<string> {
  const { stdout } = await run(python, ['-B', ...args], { cwd: runner });
  return stdout;
}

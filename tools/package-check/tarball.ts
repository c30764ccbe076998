import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);

const reportSchema = z.object({
  filename: z.string(),
  size: z.number(),
  files: z.array(z.object({ path: z.string() })),
});

const conditionsSchema: z.ZodType<Conditions> = z.lazy(() =>
  z.union([z.string(), z.record(z.string(), conditionsSchema)]),
);

/** A target of `exports`, or targets by condition. */
export type Conditions = string | { readonly [condition: string]: Conditions };

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  keywords: z.array(z.string()).optional(),
  homepage: z.string().optional(),
  bugs: z.object({ url: z.string() }).optional(),
  repository: z.object({ type: z.string(), url: z.string(), directory: z.string() }).optional(),
  license: z.string().optional(),
  engines: z.record(z.string(), z.string()).optional(),
  bin: z.record(z.string(), z.string()).default({}),
  exports: z.record(z.string(), conditionsSchema),
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** A package as it would be published, packed and unpacked again. */
export interface Tarball {
  readonly file: string;
  /** Of the packed file, in bytes. */
  readonly size: number;
  /** Where it is unpacked. */
  readonly folder: string;
  /** Paths in it. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
  dispose(): Promise<void>;
}

/** Packs the project in a folder as npm would for a registry. */
export async function packProject(project: string): Promise<Tarball> {
  const place = await mkdtemp(join(tmpdir(), 'package-check-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', place], {
    cwd: project,
  });
  const [report] = z.array(reportSchema).min(1).parse(reportsIn(stdout));
  if (!report) {
    throw new Error(`npm packed nothing in ${project}.`);
  }
  const file = join(place, report.filename);
  const folder = join(place, 'package');
  await mkdir(folder);
  await run('tar', ['--extract', '--file', file, '--directory', folder, '--strip-components=1']);
  return {
    file,
    size: report.size,
    folder,
    files: report.files.map(({ path }) => path),
    manifest: manifestSchema.parse(
      JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
    ),
    dispose: () => rm(place, { recursive: true }),
  };
}

/** npm before version 11 writes a list, and later ones the packages by their names. */
function reportsIn(stdout: string): unknown[] {
  const parsed: unknown = JSON.parse(stdout);
  return Array.isArray(parsed)
    ? parsed
    : Object.values(z.record(z.string(), z.unknown()).parse(parsed));
}

/** All files that a manifest's `exports` lead to, with the conditions on the way. */
export function exportTargets(exports: Manifest['exports']): { condition: string; path: string }[] {
  const targetsOf = (
    conditions: Conditions,
    condition: string,
  ): { condition: string; path: string }[] =>
    typeof conditions === 'string'
      ? [{ condition, path: conditions }]
      : Object.entries(conditions).flatMap(([name, inner]) => targetsOf(inner, name));
  return Object.values(exports).flatMap((conditions) => targetsOf(conditions, 'default'));
}

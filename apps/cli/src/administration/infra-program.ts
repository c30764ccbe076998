import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BatchClientError } from '@openevolve-aws/batch-client';
import satisfies from 'semver/functions/satisfies.js';
import { z } from 'zod';
import { readManifest } from '../manifest.ts';
import { type ProgramOptions, readProgram, runProgram } from './run-program.ts';

const PACKAGE = '@openevolve-aws/infra';
const BIN = 'openevolve-infra';

const manifestSchema = z.object({
  version: z.string(),
  bin: z.object({ [BIN]: z.string() }),
});

/** What of the plan of `openevolve-infra plan` is used here. */
const planSchema = z.object({
  imageTag: z.string(),
  names: z.object({ jobQueue: z.string(), jobDefinition: z.string(), repository: z.string() }),
  idleMonthlyCost: z.array(z.object({ what: z.string(), usd: z.number() })),
});

export type Plan = z.infer<typeof planSchema>;

/**
 * The CDK app that goes with this release, as a program beside this one: it is large, and few need it.
 * The manifest names it as an optional peer, so that nobody gets it unasked.
 */
export class InfraProgram {
  readonly #program: string;
  readonly #file: string;

  private constructor(program: string, file: string) {
    this.#program = program;
    this.#file = file;
  }

  /**
   * Finds it from the current folder, or beside this command.
   *
   * @param file describes the environment.
   * @param range the versions that will do.
   * @throws {BatchClientError} `INVALID_INPUT` when none of them is installed, with how.
   */
  static find(file: string, range = readManifest().peerDependencies[PACKAGE]): InfraProgram {
    const seen: string[] = [];
    for (const from of [join(process.cwd(), 'x'), import.meta.url]) {
      const manifest = manifestFrom(from);
      if (manifest !== null) {
        const found = manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
        if (satisfies(found.version, range)) {
          return new InfraProgram(join(dirname(manifest), found.bin[BIN]), file);
        }
        seen.push(`${dirname(manifest)} has version ${found.version}`);
      }
    }
    throw new BatchClientError(
      'INVALID_INPUT',
      `This needs ${PACKAGE} ${range}, which ${seen.length > 0 ? `is not there (${seen.join('; ')})` : 'is not installed'}: npm install --global '${PACKAGE}@${range}'`,
    );
  }

  async plan(): Promise<Plan> {
    const [file, ...args] = this.#command('plan');
    return planSchema.parse(JSON.parse(await readProgram([file, ...args])));
  }

  /**
   * Synthesises the app, so that several commands have the same: what is deployed is what was shown.
   *
   * @param use is given what runs them; the synthesised app is gone when it has ended.
   */
  async synthesized<T>(
    options: ProgramOptions,
    use: (run: (...words: string[]) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'openevolve-infra-'));
    try {
      await this.run(options, 'synth', '--quiet', '--output', folder);
      return await use((...words) => this.run(options, ...words, '--app', folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs a command of the AWS CDK on the environment. */
  run(options: ProgramOptions, ...words: string[]): Promise<void> {
    const name = `${BIN} ${words[0]}`;
    return runProgram(this.#command(...words, '--no-notices'), { ...options, name });
  }

  #command(...words: string[]): [string, ...string[]] {
    return [process.execPath, this.#program, ...words, '--config', this.#file];
  }
}

function manifestFrom(place: string): string | null {
  try {
    return createRequire(place).resolve(`${PACKAGE}/package.json`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      return null;
    }
    throw error;
  }
}

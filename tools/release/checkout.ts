import { globSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { machineVariables } from './place.ts';
import { run, type Where } from './run.ts';

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** A clone of this repository in which releases are made, with packages of its own. */
export class Checkout {
  readonly #where: Where;

  private constructor(where: Where) {
    this.#where = where;
  }

  /** Clones what is committed, and installs from the lockfile. */
  static async clone(from: string, where: Where): Promise<Checkout> {
    await run({ ...where, cwd: dirname(where.cwd) }, 'git', 'clone', '--quiet', from, where.cwd);
    // With the machine's own cache: what is rehearsed are our packages, not the download of others.
    await run({ ...where, env: machineVariables() }, 'npm', 'ci', '--loglevel=error');
    const PATH = `${join(where.cwd, 'node_modules', '.bin')}:${where.env.PATH}`;
    return new Checkout({ ...where, env: { ...where.env, PATH } });
  }

  /** The manifests of everything that is published, by name without the scope. */
  async manifests(): Promise<Map<string, Manifest>> {
    const found = new Map<string, Manifest>();
    for (const path of globSync('{packages,apps}/*/package.json', {
      cwd: this.#where.cwd,
    }).sort()) {
      const manifest = manifestSchema.parse(JSON.parse(await this.#read(path)));
      found.set(manifest.name.replace('@openevolve-aws/', ''), manifest);
    }
    return found;
  }

  /** The first release: versions as they are on disk, which later ones count from. */
  async publishFirst(): Promise<void> {
    for (const { name, version } of (await this.manifests()).values()) {
      await this.#run('git', 'tag', '--annotate', `${name}@${version}`, '--message', name);
    }
    await this.#run('nx', 'release', 'publish', '--first-release', '--outputStyle=static');
  }

  /** A change of one source of a package, committed with a message. */
  async change(project: string, message: string): Promise<void> {
    const file = join(this.#where.cwd, project, 'src', 'index.ts');
    await appendFile(file, `\n/** Changed in a rehearsal. */\nexport const rehearsed = true;\n`);
    await this.#run('git', 'commit', '--quiet', '--all', '--message', message);
  }

  /** Versions, changelogs, commit and tags, and then the packages. */
  async release(): Promise<void> {
    await this.#run('nx', 'release', '--skip-publish');
    await this.#run('nx', 'release', 'publish', '--outputStyle=static');
  }

  /** The changelog of a project; empty when it has none. */
  changelog(project: string): Promise<string> {
    return this.#read(join(project, 'CHANGELOG.md')).catch(() => '');
  }

  /** What a release left uncommitted. */
  status(): Promise<string> {
    return this.#run('git', 'status', '--porcelain');
  }

  async tagsAtHead(): Promise<string[]> {
    return (await this.#run('git', 'tag', '--points-at', 'HEAD')).trim().split('\n').sort();
  }

  /** Whether the lockfile is what npm would make of the manifests. */
  async lockfileFits(): Promise<boolean> {
    await this.#run('npm', 'install', '--package-lock-only', '--ignore-scripts');
    return (await this.status()) === '';
  }

  /** The components of the whole tree, as CycloneDX. */
  async sbom(): Promise<string> {
    return this.#run('npm', 'sbom', '--package-lock-only', '--sbom-format=cyclonedx');
  }

  #read(path: string): Promise<string> {
    return readFile(join(this.#where.cwd, path), 'utf8');
  }

  #run(program: string, ...args: string[]): Promise<string> {
    return run(this.#where, program, ...args);
  }
}

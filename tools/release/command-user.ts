import { deepStrictEqual as equal, match, ok } from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Ended, run, runToEnd, type Where } from './run.ts';

const jobsSchema = z.array(z.looseObject({ jobId: z.string() }));

/** Somebody with an empty folder, an empty home and a registry, who installs the command. */
export class CommandUser {
  readonly #where: Where;

  constructor(where: Where) {
    this.#where = where;
  }

  /** Installs the newest version, which must come alone. */
  async install(version: string): Promise<string> {
    await this.#run('npm', 'install', '@openevolve-aws/cli@latest');
    const ours = await readdir(join(this.#where.cwd, 'node_modules', '@openevolve-aws'));
    equal(ours, ['cli']);
    const listed = await this.#run('npm', 'ls', '--all', '--parseable');
    const others = listed
      .trim()
      .split('\n')
      .slice(1)
      .filter((line) => !/\/node(-bin)?(-|$)/.test(line));
    equal(others.length, 1, listed);
    return `npm install @openevolve-aws/cli installed ${version} and nothing else`;
  }

  /** On a machine with an older Node: says so, and the one from npm's own package is used from then on. */
  async bringNode(): Promise<string> {
    const command = join('node_modules', '.bin', 'openevolve-aws');
    const { code, stderr } = await runToEnd(this.#where, command, '--version');
    if (code === 0) {
      return 'the machine has a Node that is new enough';
    }
    equal(code, 2);
    match(stderr, /needs Node 22\.12 or newer, and this is Node \S+: .*Node 24 is recommended/);
    await this.#run('npm', 'install', 'node@24');
    return `on the machine's own Node it says '${stderr.trim()}'; npm install node@24 brings another`;
  }

  async version(): Promise<string> {
    return (await this.#command('--version')).trim();
  }

  /** The quickstart, and its Python environment in the cache of this home. */
  async quickstart(): Promise<string> {
    const begun = Date.now();
    const output = await this.#command('quickstart');
    match(output, /lost +0 finished iterations/);
    const results = await readdir(join(this.#where.cwd, 'quickstart-results'));
    equal(results.sort(), ['best_program.py', 'evolution_summary.json', 'logs']);
    const cache = await readdir(join(this.#where.env.HOME ?? '', '.cache', 'openevolve-aws'));
    ok(
      cache.some((name) => /^python-[0-9a-f]{16}$/.test(name)),
      cache.join(),
    );
    return `openevolve-aws quickstart passed in ${Math.round((Date.now() - begun) / 1000)} s, Python environment included`;
  }

  /** The CDK app: what to install is said, and found once it is. */
  async infra(): Promise<string> {
    await writeFile(
      join(this.#where.cwd, 'openevolve.config.json'),
      JSON.stringify({
        version: 1,
        region: 'us-east-1',
        environment: 'rehearsal',
        users: ['alice'],
        alertEmail: 'alerts@example.com',
        monthlyBudgetUsd: 10,
        maxVcpus: 16,
      }),
    );
    const missing = await this.#end('deploy', '--yes');
    equal(missing.code, 2, missing.stderr);
    const [, name] = /npm install --global '(\S+)'/.exec(missing.stderr) ?? [];
    ok(name, missing.stderr);
    await this.#run('npm', 'install', name);
    const template = join(this.#where.cwd, 'template');
    await this.#run(
      'npx',
      '--no',
      '--',
      'openevolve-infra',
      'synth',
      '--quiet',
      '--output',
      template,
    );
    ok((await readdir(template)).some((file) => file.endsWith('.template.json')));
    // No account: it gets as far as asking which one it is.
    const found = await this.#end('deploy', '--yes');
    ok(found.code !== 0 && !found.stderr.includes('npm install'), found.stderr);
    await this.#run('npm', 'uninstall', '@openevolve-aws/infra');
    return `openevolve-aws deploy asks for ${name}, and runs it once it is installed`;
  }

  /** All that a user can read of the jobs of this home. */
  async readJobs(): Promise<Map<string, unknown>> {
    const jobs = jobsSchema.parse(JSON.parse(await this.#command('list', '--local', '--json')));
    ok(jobs.length > 0);
    const read = new Map<string, unknown>();
    for (const { jobId } of jobs) {
      const results = join(this.#where.cwd, `results-${jobId}`);
      await this.#command('results', jobId, '--local', '--output', results, '--force');
      read.set(jobId, {
        status: JSON.parse(await this.#command('status', jobId, '--local', '--json')),
        explained: await this.#command('explain', jobId, '--local'),
        logs: await this.#command('logs', jobId, '--local'),
        verified: await this.#command('verify', jobId, '--local'),
        results: await run(this.#where, 'cat', join(results, 'best_program.py')),
      });
    }
    return read;
  }

  /** Lets a job that an older version has done go on. */
  async resume(jobId: string, iterations: number): Promise<void> {
    await this.#command('resume', jobId, '--local', '--iterations', String(iterations));
    await this.#command('logs', jobId, '--local', '--follow');
    match(
      await this.#command('status', jobId, '--local'),
      new RegExp(`\\b${iterations} of ${iterations}\\b`),
    );
  }

  async #command(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#end(...args);
    equal(code, 0, `openevolve-aws ${args.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  }

  #end(...args: string[]): Promise<Ended> {
    return runToEnd(this.#where, 'npx', '--no', '--', 'openevolve-aws', ...args);
  }

  #run(program: string, ...args: string[]): Promise<string> {
    return run(this.#where, program, ...args);
  }
}

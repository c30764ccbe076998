import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { InfraProgram } from './infra-program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infra-program-'));
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** A package with the program that the current folder has. */
async function install(version: string, program: string): Promise<void> {
  const place = join(folder, 'node_modules/@openevolve-aws/infra');
  await mkdir(place, { recursive: true });
  const bin = { 'openevolve-infra': './bin.js' };
  await writeFile(join(place, 'package.json'), JSON.stringify({ version, type: 'module', bin }));
  await writeFile(join(place, 'bin.js'), program);
}

const plan = {
  imageTag: '7.0.0',
  names: { jobQueue: 'queue', jobDefinition: 'job', repository: 'images' },
  idleMonthlyCost: [{ what: 'secrets', usd: 0.4 }],
};

it('runs a program that goes with this release, on the file that it was given', async () => {
  await install('7.0.4', `console.log(${JSON.stringify(JSON.stringify(plan))});`);
  expect(await InfraProgram.find('/some/file.json', '^7.0.0').plan()).toEqual(plan);
  await install('7.0.0', 'console.error(process.argv.slice(2).join(" ")); process.exitCode = 1;');
  await expect(InfraProgram.find('/some/file.json', '^7.0.0').plan()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('plan --config /some/file.json'),
  });
});

it('says how to get it where another version is there', async () => {
  await install('6.9.0', '');
  expect(() => InfraProgram.find('file', '^7.0.0')).toThrow(
    expect.objectContaining({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(
        /has version 6\.9\.0.*npm install --global '@openevolve-aws\/infra@\^7\.0\.0'/,
      ),
    }),
  );
});

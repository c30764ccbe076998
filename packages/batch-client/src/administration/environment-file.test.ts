import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEnvironmentFile, writeEnvironmentFile } from './environment-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environment-'));
  file = join(folder, 'openevolve.config.json');
});
afterEach(() => rm(folder, { recursive: true }));

it('shows an example where there is no file, and the example can be deployed', async () => {
  const error = await readEnvironmentFile(file).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_INPUT' });
  const { message } = error as Error;
  await writeFile(file, message.slice(message.indexOf('\n')));
  expect(await readEnvironmentFile(file)).toMatchObject({
    config: { environment: 'prod', attempts: 10 },
  });
});

it('keeps what was left out left out', async () => {
  const document = {
    version: 1,
    region: 'us-east-1',
    users: ['alice'],
    alertEmail: 'ops@example.com',
    monthlyBudgetUsd: 200,
    maxVcpus: 256,
  } as const;
  await writeEnvironmentFile(file, { ...document, users: [...document.users] });
  expect((await readEnvironmentFile(file)).document).toEqual(document);
});

it('leaves a file as it is rather than writing what would not be deployed', async () => {
  await writeFile(file, '{"version": 1}');
  const wrong = JSON.parse('{"version": 1, "users": ["Ana"]}');
  await expect(writeEnvironmentFile(file, wrong)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('users.0: an owner is'),
  });
  expect(await readFile(file, 'utf8')).toBe('{"version": 1}');
  expect(await readdir(folder)).toEqual(['openevolve.config.json']);
  await expect(readEnvironmentFile(file)).rejects.toMatchObject({
    message: expect.stringContaining('region'),
  });
});

import { expect, it } from 'vitest';
import { readProgram, runProgram } from './run-program.ts';

const node = (script: string) => [process.execPath, '-e', script] as const;

it('gives a program its input and nothing else of it', async () => {
  const wantsInput = `process.exitCode = require('fs').readFileSync(0, 'utf8') === 'secret' ? 0 : 1`;
  await runProgram(node(wantsInput), { input: 'secret' });
  await expect(runProgram(node(wantsInput), { input: 'other' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
});

it('does not fail for a program that reads none of its input', async () => {
  await runProgram(node('process.exit(0)'), { input: 'x'.repeat(1_000_000) });
});

it.each<[string, () => Promise<unknown>, string, RegExp]>([
  [
    'what it wrote',
    () => readProgram(node('console.error("why."); process.exit(3)')),
    'UNAVAILABLE',
    /ended with 3: why\.$/,
  ],
  [
    'a signal',
    () => runProgram(node('process.kill(process.pid, "SIGKILL")')),
    'UNAVAILABLE',
    /SIGKILL/,
  ],
  [
    'that it is missing',
    () => readProgram(['no-such-program']),
    'INVALID_INPUT',
    /no-such-program is not installed/,
  ],
  [
    'that it is missing too',
    () => runProgram(['no-such-program']),
    'INVALID_INPUT',
    /is not installed/,
  ],
])('fails with %s', async (_, run, code, message) => {
  await expect(run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

it('is interrupted when the program is', async () => {
  await expect(runProgram(node('process.kill(process.pid, "SIGINT")'))).rejects.toMatchObject({
    name: 'AbortError',
  });
});

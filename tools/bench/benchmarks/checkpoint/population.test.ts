import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Population } from './population.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'population-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function programsOf(directory: string): Map<string, string> {
  const names = readdirSync(join(directory, 'programs')).sort();
  return new Map(
    names.map((name) => [name, readFileSync(join(directory, 'programs', name), 'utf8')]),
  );
}

it('is the same each time, of programs of 4 to 20 KB', () => {
  const one = programsOf(new Population().write(join(folder, 'one'), 300).directory);
  const two = programsOf(new Population().write(join(folder, 'two'), 300).directory);
  expect(one).toEqual(two);
  expect(one.size).toBe(300);
  const sizes = [...one.values()].map((content) => content.length);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(4_000);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20_000);
});

it('links what the checkpoint before has, and writes the rest anew each time', () => {
  const population = new Population();
  const first = population.write(join(folder, 'first'), 20);
  const second = population.write(join(folder, 'second'), 23, first);
  const third = population.write(join(folder, 'third'), 23, first);
  expect(programsOf(second.directory)).toEqual(programsOf(third.directory));
  const linksIn = (directory: string) =>
    [...programsOf(directory).keys()].map(
      (name) => statSync(join(directory, 'programs', name)).nlink,
    );
  expect(linksIn(third.directory).sort()).toEqual([1, 1, 1, ...Array<number>(20).fill(3)]);
});

import { expect, it } from 'vitest';
import { createCli } from './cli.ts';
import { commandIn, renderCommand, renderOverview, wantsHelp } from './help.ts';

const definitions = createCli('1.2.3').definitions();
const named = (name: string) => definitions.find(({ path }) => path === `openevolve-aws ${name}`);

it.each(definitions.map(({ path }) => path))('says what %s is for, with an example', (path) => {
  const definition = definitions.find((one) => one.path === path);
  expect(definition?.category?.trim()).toMatch(/^[A-Z]/);
  expect(definition?.description?.trim()).toMatch(/^[A-Z].*\.$/s);
  expect(definition?.examples?.length).toBeGreaterThan(0);
  for (const [label, command] of definition?.examples ?? []) {
    expect(label.trim()).not.toBe('');
    expect(command).toContain(path);
  }
  for (const option of definition?.options ?? []) {
    expect(option.description, option.definition).toMatch(/^\S.*\.$/s);
  }
});

it('lists every command once', () => {
  const overview = renderOverview(definitions, '1.2.3');
  for (const { path } of definitions) {
    const name = path.replace('openevolve-aws ', '');
    expect(overview.split('\n').filter((line) => line.startsWith(`  ${name} `))).toHaveLength(1);
  }
});

it('shows flags with what they take, and no line that is too wide', () => {
  const help = renderCommand(named('submit') as never);
  expect(help).toContain('  --max-usd USD ');
  expect(help).not.toContain('#0');
  const flags = help.slice(help.indexOf('Flags:'), help.indexOf('Examples:')).split('\n');
  expect(Math.max(...flags.map(({ length }) => length))).toBeLessThanOrEqual(100);
});

it('knows when help is asked for, and of which command', () => {
  expect(wantsHelp([])).toBe(true);
  expect(wantsHelp(['submit', '-h'])).toBe(true);
  expect(wantsHelp(['submit', '--program', 'a.py'])).toBe(false);
  expect(commandIn(['submit', '--program', 'a.py', '--help'], definitions)).toBe(named('submit'));
  expect(commandIn(['secret', 'set', '--help'], definitions)).toBe(named('secret set'));
  expect(commandIn(['nonsense', '-h'], definitions)).toBeNull();
});

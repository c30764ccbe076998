import { expect, it } from 'vitest';
import { cliExitCodes } from './cli-exit-codes.ts';
import {
  containerExit,
  containerExitCodes,
  describeContainerExit,
} from './container-exit-codes.ts';

it('gives every code and every name one meaning', () => {
  for (const table of [containerExitCodes, cliExitCodes]) {
    expect(new Set(table.map(({ code }) => code)).size).toBe(table.length);
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
  }
});

it('never chooses 1, which a crash ends with', () => {
  expect(Object.values(containerExit)).not.toContain(1);
});

it('describes codes that no program chose', () => {
  expect(describeContainerExit(137)).toContain('SIGKILL');
  expect(describeContainerExit(143)).toContain('signal 15');
  expect(describeContainerExit(3)).toContain('never chooses');
});

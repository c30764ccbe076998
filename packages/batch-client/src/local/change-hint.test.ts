import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { hintOfChanges } from './change-hint.ts';

it('tells of a change until it is ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'change-hint-'));
  const onChange = vi.fn();
  const end = hintOfChanges(folder, onChange);
  await writeFile(join(folder, 'a'), '');
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled());
  end();
  await rm(folder, { recursive: true });
});

it('is silent about what cannot be watched', () => {
  expect(hintOfChanges('/no/such/folder', () => undefined)).not.toThrow();
});

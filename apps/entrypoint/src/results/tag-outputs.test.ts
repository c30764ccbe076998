import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import { tagOutputs } from './tag-outputs.ts';

it('tags every object of a job that ended, by what it is', async () => {
  const outputs = new MemoryStore();
  const packs = Array.from({ length: 100 }, (_, index) => `packs/1-${index + 1}`);
  for (const key of [...packs, 'logs/a.log', 'checkpoints/checkpoint_1/metadata.json']) {
    await outputs.put(key, new Uint8Array());
  }
  await tagOutputs(outputs, { finished: true, checkpoint: 'checkpoint_2' });
  for (const key of packs) {
    expect(await outputs.getTags(key)).toEqual({ 'openevolve-state': 'resumable' });
  }
  expect(await outputs.getTags('logs/a.log')).toEqual({ 'openevolve-state': 'finished' });
  expect(await outputs.getTags('checkpoints/checkpoint_1/metadata.json')).toEqual({
    'openevolve-state': 'superseded',
  });
});

import { type Control, serializeDocument } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import { ControlRequests } from './control-requests.ts';

const control = (number: number, request: Control['request']): Control => ({
  version: 1,
  number,
  at: '2026-01-01T00:00:00Z',
  request,
});

it('reads requests in the order of their numbers, and new ones as they come', async () => {
  const store = new MemoryStore();
  const requests = new ControlRequests(store, () => undefined);
  expect(await requests.read()).toEqual([]);
  await store.put('control/10.json', serializeDocument(control(10, { kind: 'stop' })));
  await store.put('control/9.json', serializeDocument(control(9, { kind: 'commit' })));
  expect((await requests.read()).map(({ number }) => number)).toEqual([9, 10]);
  await store.put('control/11.json', serializeDocument(control(11, { kind: 'commit' })));
  expect((await requests.read()).map(({ number }) => number)).toEqual([9, 10, 11]);
});

it('passes over what it cannot read, and says so once', async () => {
  const store = new MemoryStore();
  const problems: string[] = [];
  const requests = new ControlRequests(store, (problem) => problems.push(problem));
  await store.put('control/1.json', new TextEncoder().encode('{"version": 9}'));
  await store.put('control/2.json', serializeDocument(control(2, { kind: 'stop' })));
  await store.put('control/3.json', serializeDocument(control(7, { kind: 'stop' })));
  await store.put('control/notes.txt', new Uint8Array());
  for (let look = 0; look < 2; look += 1) {
    expect((await requests.read()).map(({ number }) => number)).toEqual([2]);
  }
  expect(problems).toEqual([
    expect.stringMatching(/control\/1\.json.*version 9/),
    expect.stringMatching(/control\/3\.json.*number 7/),
  ]);
});

import { expect, it } from 'vitest';
import { ownerFromUserName } from './owner.ts';

it.each([
  ['alice', 'alice'],
  ['Ana-Maria.92', 'anamaria92'],
  ['x'.repeat(40), 'x'.repeat(32)],
])('makes an owner of the user name %s', (name, owner) => {
  expect(ownerFromUserName(name)).toBe(owner);
});

it('refuses a name of which nothing is left', () => {
  expect(() => ownerFromUserName('---')).toThrow(
    expect.objectContaining({ code: 'INVALID_OWNER' }),
  );
});

import { expect, it } from 'vitest';
import { checkImageTag, imageTag } from './image-tag.ts';

const commit = '70a2e4fd6c1b9b2f3f0f7a3d1f2f6a7b8c9d0e1f';

it.each([
  ['full', false, '70a2e4fd6c1b'],
  ['slim', false, '70a2e4fd6c1b-slim'],
  ['full', true, '70a2e4fd6c1b-dirty'],
  ['slim', true, '70a2e4fd6c1b-slim-dirty'],
] as const)('a %s image of a checkout that is changed: %s is called %s', (target, dirty, tag) => {
  expect(imageTag({ commit, dirty }, target)).toBe(tag);
});

it('refuses what is no whole hash, of which another commit could have the same beginning', () => {
  expect(() => imageTag({ commit: '70a2e4f', dirty: false }, 'full')).toThrow(RangeError);
});

it('takes a tag that a registry takes, and no other', () => {
  expect(checkImageTag('trial-1')).toBe('trial-1');
  for (const wrong of ['', 'two words', '-x', 'a:b', 'x'.repeat(129)]) {
    expect(() => checkImageTag(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  }
});

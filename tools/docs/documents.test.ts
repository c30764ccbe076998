import { expect, it } from 'vitest';
import { wrongCommands } from './commands.ts';
import { brokenLinks } from './links.ts';
import { readRepository } from './repository-documents.ts';
import { untranscribed } from './transcribed.ts';

const repository = readRepository();
const document = (path: string) => {
  const found = repository.documents.find((one) => one.path === path);
  if (found === undefined) {
    throw new Error(`There is no document ${path}.`);
  }
  return found;
};

it('has no link that leads nowhere', () => {
  expect(brokenLinks(repository.documents, repository.files)).toEqual([]);
});

it('shows only commands and flags that there are', () => {
  expect(repository.documents.flatMap((one) => wrongCommands(one, repository))).toEqual([]);
});

it('has a guide of 15 steps, whose every command the transcripts type', () => {
  const guide = document('docs/guide.md');
  expect([...guide.anchors].filter((anchor) => anchor.startsWith('step-'))).toHaveLength(15);
  expect(untranscribed(guide)).toEqual([]);
});

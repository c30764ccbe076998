import { posix } from 'node:path';
import type { MarkdownDocument } from './markdown.ts';

/** Links to the outside are not followed: a check must not depend on the network. */
const ELSEWHERE = /^[a-z][a-z0-9+.-]*:/i;

/**
 * Links of documents that lead nowhere, each in a sentence. Pure.
 *
 * @param files all files of the repository, from its root.
 */
export function brokenLinks(
  documents: readonly MarkdownDocument[],
  files: ReadonlySet<string>,
): string[] {
  const anchors = new Map(documents.map((document) => [document.path, document.anchors]));
  const folders = new Set([...files].flatMap(foldersOf));
  return documents.flatMap(({ path, links }) =>
    links
      .filter((link) => !ELSEWHERE.test(link))
      .flatMap((link) => {
        const [target = '', anchor] = decodeURIComponent(link).split('#');
        const file = target === '' ? path : posix.join(posix.dirname(path), target);
        const place = file.replace(/\/$/, '');
        if (!files.has(file) && !folders.has(place)) {
          return [`${path}: the link ${link} leads to ${place}, which is not there.`];
        }
        const known = anchors.get(file);
        return anchor === undefined || known === undefined || known.has(anchor)
          ? []
          : [`${path}: the link ${link} names a heading that ${file} does not have.`];
      }),
  );
}

/** The root is `.`. */
function foldersOf(file: string): string[] {
  const folder = posix.dirname(file);
  return folder === '.' ? ['.'] : [folder, ...foldersOf(folder)];
}

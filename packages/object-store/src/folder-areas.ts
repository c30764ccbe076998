/** Of unfinished writes. Inside the root, so that a rename or link never crosses a file system. */
export const TEMPORARY = '.object-store-tmp';

/**
 * Of tags. Inside the root, beside the objects: extended attributes do not survive on every file
 * system, and a file beside each object would show up in its folder.
 */
export const TAGS = '.object-store-tags';

/** Whether a key lies in one of the folder's own areas, where no object is. */
export function isInternal(key: string): boolean {
  return [TEMPORARY, TAGS].some((area) => key === area || key.startsWith(`${area}/`));
}

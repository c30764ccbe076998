import type { Changes, Extent, FileRecord, Layer, Listing } from './checkpoint.ts';
import { MAX_LAYERS } from './limits.ts';

const NO_PACKS: ReadonlySet<string> = new Set();

/** What the next manifest builds on, and what it has to say. */
export interface LayerPlan {
  readonly below: readonly Layer[];
  readonly changes: Changes;
}

/**
 * Plans the manifest that leads from the newest layers to `next`.
 *
 * A layer is folded into the new one when it is at most twice as large, so layers grow
 * geometrically downwards: there are few of them, a small commit writes a small manifest, and each
 * file is written again only a logarithmic number of times.
 *
 * @param avoid keys of packs that are to be let go of: no manifest in them is built on.
 */
export function planLayer(
  layers: readonly Layer[],
  current: Listing,
  next: Listing,
  avoid: ReadonlySet<string> = NO_PACKS,
): LayerPlan {
  let changes = difference(current, next);
  let kept = layers.length;
  const free = layers.findIndex(({ reference }) => avoid.has(reference.key));
  const most = Math.min(free === -1 ? layers.length : free, MAX_LAYERS - 1);
  for (let top = layers[kept - 1]; top; top = layers[kept - 1]) {
    if (kept <= most && weight(top.changes) > 2 * weight(changes)) break;
    changes = fold(top.changes, changes);
    kept -= 1;
  }
  if (kept === 0) return { below: [], changes: { removed: new Set(), files: next } };
  return { below: layers.slice(0, kept), changes };
}

/** The listing that changes, applied from the oldest on, lead to. */
export function applyChanges(all: Iterable<Changes>): Map<string, FileRecord> {
  const listing = new Map<string, FileRecord>();
  for (const { removed, files } of all) {
    for (const path of removed) listing.delete(path);
    for (const [path, file] of files) listing.set(path, file);
  }
  return listing;
}

export function isUnchanged({ removed, files }: Changes): boolean {
  return removed.size === 0 && files.size === 0;
}

/** What leads from one listing to another: what files hold, and where that lies. */
export function difference(current: Listing, next: Listing): Changes {
  const removed = new Set<string>();
  const files = new Map<string, FileRecord>();
  for (const path of current.keys()) if (!next.has(path)) removed.add(path);
  for (const [path, file] of next) {
    const before = current.get(path);
    if (before?.sha256 !== file.sha256 || !isSamePlace(before.extents, file.extents)) {
      files.set(path, file);
    }
  }
  return { removed, files };
}

function isSamePlace(left: readonly Extent[], right: readonly Extent[]): boolean {
  if (left === right) return true;
  return (
    left.length === right.length &&
    left.every(({ pack, offset, bytes }, at) => {
      const other = right[at];
      return other?.pack.key === pack.key && other.offset === offset && other.bytes === bytes;
    })
  );
}

/** A path that was removed and came back is in both sets; files win, as for every reader. */
function fold(older: Changes, newer: Changes): Changes {
  const removed = new Set([...older.removed, ...newer.removed]);
  const files = new Map(older.files);
  for (const path of newer.removed) files.delete(path);
  for (const [path, file] of newer.files) files.set(path, file);
  return { removed, files };
}

/** How much a layer says. */
export function weight({ removed, files }: Changes): number {
  return removed.size + files.size;
}

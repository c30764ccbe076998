import type { StoredCheckpoint } from './checkpoint.ts';
import { extentsByPack } from './read-plan.ts';

/** Content that one commit rewrites at most, decompressed; measured at about a second. */
const MAX_REWRITTEN_BYTES = 64 * 1024 * 1024;

interface Account {
  /** Content as stored, without the manifest. */
  readonly stored: number;
  readonly raw: number;
  /** Decompressed content that the checkpoint still has. */
  readonly live: number;
}

/**
 * The packs that the next commit should write anew, by key: none while at least half of the bytes in
 * the packs that a checkpoint names are live, otherwise those with the least live content first.
 *
 * What is rewritten is less than what became garbage before, so over a run compaction at most doubles
 * the bytes that are uploaded. A pack with more live content than one commit may rewrite is left
 * alone.
 *
 * @example
 * planCompaction(checkpoint); // Set { 'packs/7-1', 'packs/7-2' }
 */
export function planCompaction(checkpoint: StoredCheckpoint): ReadonlySet<string> {
  const packs = [...accountsOf(checkpoint)].filter(
    ([, { stored, live }]) => stored > 0 && live <= MAX_REWRITTEN_BYTES,
  );
  const stored = packs.reduce((sum, [, pack]) => sum + pack.stored, 0);
  const live = packs.reduce((sum, [, pack]) => sum + shareOf(pack) * pack.stored, 0);
  const rewritten = new Set<string>();
  if (2 * live >= stored) return rewritten;
  let bytes = 0;
  for (const [key, pack] of packs.sort(([, left], [, right]) => shareOf(left) - shareOf(right))) {
    bytes += pack.live;
    if (bytes > MAX_REWRITTEN_BYTES) break;
    rewritten.add(key);
  }
  return rewritten;
}

function accountsOf({ listing, layers }: StoredCheckpoint): Map<string, Account> {
  const accounts = new Map<string, Account>();
  // A pack may be named for its manifest alone.
  for (const { reference } of layers) {
    accounts.set(reference.key, { stored: reference.manifest.offset, raw: 0, live: 0 });
  }
  for (const [key, extents] of extentsByPack(listing.values())) {
    const blocks = extents[0]?.pack.blocks ?? [];
    const stored = blocks.reduce((sum, block) => sum + block[0], 0);
    const raw = blocks.reduce((sum, block) => sum + block[1], 0);
    let live = 0;
    // Files with content in common share it.
    let counted = 0;
    for (const { offset, bytes } of extents) {
      const end = offset + bytes;
      live += Math.max(0, end - Math.max(offset, counted));
      counted = Math.max(counted, end);
    }
    accounts.set(key, { stored, raw, live });
  }
  return accounts;
}

function shareOf({ raw, live }: Account): number {
  return raw === 0 ? 0 : live / raw;
}

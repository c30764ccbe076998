const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Uncompressed bytes of a block; measured: larger ones compress by less than 1 % better. */
export const BLOCK_BYTES = MIB;

// What a reader accepts. A stored document that asks for more is refused before a byte is written.
export const MAX_BLOCK_BYTES = 4 * MIB;
/** What cannot be compressed grows by far less than this. */
export const MAX_STORED_BLOCK_BYTES = MAX_BLOCK_BYTES + 64 * KIB;
/** Deflate cannot do better: https://zlib.net/zlib_tech.html */
export const MAX_RATIO = 1032;
export const MAX_ENTRY_BYTES = MIB;
export const MAX_STORED_MANIFEST_BYTES = 16 * MIB;
export const MAX_MANIFEST_BYTES = 64 * MIB;
/** Commas and opening brackets: a file has about nine, and a block of its pack three. */
export const MAX_MANIFEST_VALUES = 3_000_000;
/** A manifest and those that it builds on. */
export const MAX_LAYERS = 16;
export const MAX_FILES = 200_000;
/**
 * Removed paths, files and the extents that files have beyond their first, of all layers: each layer
 * has more than twice as many files as the next.
 */
export const MAX_CHANGES = 1_000_000;
/** Of a checkpoint's files in several extents: readers put them together in memory. */
export const MAX_SCATTERED_BYTES = 16 * MIB;
/** Of all packs that the layers point into. */
export const MAX_BLOCKS = 1_000_000;
export const MAX_CHECKPOINT_BYTES = 256 * GIB;
/** Of file systems. */
export const MAX_NAME_BYTES = 255;

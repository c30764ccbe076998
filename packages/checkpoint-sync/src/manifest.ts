import { isDeepStrictEqual, promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import {
  describeIssues,
  JobSpecError,
  type PackReference,
  packReferenceSchema,
  parseJson,
  relativeFileSchema,
  requireVersion,
  sha256Schema,
} from '@openevolve-aws/job-spec';
import { packOfKey } from '@openevolve-aws/s3-layout';
import { z } from 'zod';
import type { Changes, Extent, FileRecord, Pack } from './checkpoint.ts';
import { CheckpointSyncError } from './errors.ts';
import {
  BLOCK_BYTES,
  MAX_BLOCK_BYTES,
  MAX_CHECKPOINT_BYTES,
  MAX_FILES,
  MAX_LAYERS,
  MAX_MANIFEST_BYTES,
  MAX_MANIFEST_VALUES,
  MAX_NAME_BYTES,
  MAX_RATIO,
  MAX_STORED_BLOCK_BYTES,
  MAX_STORED_MANIFEST_BYTES,
} from './limits.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

const MANIFEST_VERSION = 2;
/** Of releases in which the content of each file lay in one place. */
const ONE_PLACE_VERSION = 1;
const [COMMA, BRACKET, BRACE] = Buffer.from(',[{');
const LONE_SURROGATE = /\p{Surrogate}/u;

const packKeySchema = z.string().refine((key) => packOfKey(key) !== null, 'is no key of a pack');

const blockSchema = z
  .tuple([z.int().min(1).max(MAX_STORED_BLOCK_BYTES), z.int().min(1).max(MAX_BLOCK_BYTES)])
  .refine(([stored, raw]) => raw <= stored * MAX_RATIO, 'a block cannot be compressed that much');

const pathSchema = relativeFileSchema.refine(
  (path) =>
    !LONE_SURROGATE.test(path) &&
    path.split('/').every((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES),
  'a path of names that file systems allow',
);

/** Whether readers take a path; what they refuse must not be written. */
export function isSafePath(path: string): boolean {
  return pathSchema.safeParse(path).success;
}

const fileSchema = z.object({
  path: pathSchema,
  bytes: z.int().min(0).max(MAX_CHECKPOINT_BYTES),
  sha256: sha256Schema,
  extents: z.array(z.unknown()),
});

/** Index into `packs`, offset in that pack's decompressed blocks, and bytes. */
const extentSchema = z.tuple([z.int().min(0), z.int().min(0), z.int().min(1)]);

const onePlaceFileSchema = fileSchema
  .omit({ extents: true })
  .extend({
    /** Index into `packs`, and the offset in that pack's decompressed blocks. */
    at: z.tuple([z.int().min(0), z.int().min(0)]).nullable(),
  })
  .refine(({ at, bytes }) => (at === null) === (bytes === 0), 'content, or a place of none')
  .transform(({ at, ...file }): z.output<typeof fileSchema> => {
    return { ...file, extents: at === null ? [] : [[...at, file.bytes]] };
  });

const removedSchema = z.string().max(512);
const packSchema = z.object({ key: packKeySchema, blocks: z.array(z.unknown()) });

/** Items are checked one by one, so that the first bad one of millions ends it. */
const manifestSchema = z.object({
  version: z.literal([ONE_PLACE_VERSION, MANIFEST_VERSION]),
  /** The manifests that this one builds on, oldest first. */
  layers: z.array(z.unknown()).max(MAX_LAYERS - 1),
  removed: z.array(z.unknown()).max(MAX_FILES),
  packs: z.array(z.unknown()).max(MAX_FILES),
  files: z.array(z.unknown()).max(MAX_FILES),
});

const onePlaceSchema = z.object({ version: z.literal(ONE_PLACE_VERSION) });

/** A manifest as parsed, with places resolved to packs. */
export interface Manifest {
  readonly layers: readonly PackReference[];
  readonly changes: Changes;
}

/**
 * The stored form of a manifest: JSON, compressed with gzip.
 *
 * @throws {CheckpointSyncError} `INVALID_CHECKPOINT` when it would be larger than readers take.
 */
export async function encodeManifest({ layers, changes }: Manifest): Promise<Uint8Array> {
  const packs: Pack[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (pack: Pack): number => {
    const known = indexes.get(pack.key);
    if (known !== undefined) return known;
    indexes.set(pack.key, packs.length);
    return packs.push(pack) - 1;
  };
  const files = [...changes.files.values()].map(({ path, bytes, sha256, extents }) => ({
    path,
    bytes,
    sha256,
    extents: extents.map((extent) => [indexOf(extent.pack), extent.offset, extent.bytes]),
  }));
  const document = {
    version: MANIFEST_VERSION,
    layers,
    removed: [...changes.removed],
    packs: packs.map(({ key, blocks }) => ({ key, blocks })),
    files,
  };
  const raw = Buffer.from(JSON.stringify(document));
  const stored = await compress(raw, { level: constants.Z_DEFAULT_COMPRESSION });
  if (
    raw.byteLength > MAX_MANIFEST_BYTES ||
    stored.byteLength > MAX_STORED_MANIFEST_BYTES ||
    countValues(raw) > MAX_MANIFEST_VALUES
  ) {
    const size = `${changes.files.size} files need a manifest of ${raw.byteLength} bytes`;
    const message = `${size}, more than readers take. Use fewer files or shorter names.`;
    throw new CheckpointSyncError('INVALID_CHECKPOINT', message);
  }
  return stored;
}

/**
 * Parses a manifest whose hash has been checked. All that can be checked in it alone is checked.
 *
 * @param stored the compressed manifest.
 * @param generation of the commit that names it; packs of later ones are refused.
 * @param known the packs of the commit's other manifests, by key. Those of this one are added; an
 *   account that differs is refused.
 * @throws {CheckpointSyncError} `UNSAFE_MANIFEST` or `UNKNOWN_VERSION`
 */
export async function decodeManifest(
  stored: Uint8Array,
  generation: number,
  where: string,
  known: Map<string, Pack> = new Map(),
): Promise<Manifest> {
  const document = await parseManifest(stored, where);
  const layers = document.layers.map((item) => parseItem(packReferenceSchema, item, where));
  const packs = document.packs.map((item): Pack => {
    const { key, blocks: items } = parseItem(packSchema, item, where);
    const blocks = items.map((block) => parseItem(blockSchema, block, where));
    // Millions of tiny ones would make a plan to read them larger than any memory.
    if (blocks.slice(0, -1).some(([, raw]) => raw < BLOCK_BYTES)) {
      throw unsafe(where, `blocks of ${key} under ${BLOCK_BYTES} bytes before the last`);
    }
    const other = known.get(key);
    if (other && !isDeepStrictEqual(other.blocks, blocks)) {
      throw unsafe(where, `two accounts of ${key}`);
    }
    const pack = other ?? { key, blocks };
    known.set(key, pack);
    return pack;
  });
  const lengths = packs.map(({ blocks }) => blocks.reduce((sum, [, raw]) => sum + raw, 0));
  if (new Set(packs.map(({ key }) => key)).size < packs.length) throw unsafe(where, 'a pack twice');
  for (const { key } of [...packs, ...layers]) checkPackKey(key, generation, where);

  const removed = document.removed.map((item) => parseItem(removedSchema, item, where));
  const files = new Map<string, FileRecord>();
  const schema = document.version === ONE_PLACE_VERSION ? onePlaceFileSchema : fileSchema;
  for (const item of document.files) {
    const { path, bytes, sha256, extents: places } = parseItem(schema, item, where);
    if (files.has(path)) throw unsafe(where, `${JSON.stringify(path)} twice`);
    let left = bytes;
    const extents = places.map((place): Extent => {
      const [index, offset, length] = parseItem(extentSchema, place, where);
      const pack = packs[index];
      if (!pack || offset + length > (lengths[index] ?? 0)) {
        throw unsafe(where, `content outside of its pack for ${JSON.stringify(path)}`);
      }
      left -= length;
      return { pack, offset, bytes: length };
    });
    if (left !== 0) {
      throw unsafe(
        where,
        `${JSON.stringify(path)} of ${bytes} bytes with content of ${bytes - left}`,
      );
    }
    files.set(path, { path, bytes, sha256, extents });
  }
  return { layers, changes: { removed: new Set(removed), files } };
}

function parseItem<T>(schema: z.ZodType<T>, item: unknown, where: string): T {
  const parsed = schema.safeParse(item);
  if (!parsed.success) throw unsafe(where, describeIssues(parsed.error), parsed.error);
  return parsed.data;
}

/** How many values JSON text has at most: JSON.parse takes many times the bytes of a short one. */
function countValues(json: Uint8Array): number {
  let count = 1;
  for (const byte of json) if (byte === COMMA || byte === BRACKET || byte === BRACE) count += 1;
  return count;
}

async function parseManifest(
  stored: Uint8Array,
  where: string,
): Promise<z.output<typeof manifestSchema>> {
  let content: Uint8Array;
  try {
    content = await decompress(stored, { maxOutputLength: MAX_MANIFEST_BYTES });
  } catch (cause) {
    throw unsafe(where, `what gzip cannot unpack within ${MAX_MANIFEST_BYTES} bytes`, cause);
  }
  if (countValues(content) > MAX_MANIFEST_VALUES) {
    throw unsafe(where, `over ${MAX_MANIFEST_VALUES} values`);
  }
  let value: unknown;
  try {
    value = parseJson(content, where);
    if (!onePlaceSchema.safeParse(value).success) requireVersion(value, MANIFEST_VERSION, where);
  } catch (cause) {
    if (cause instanceof JobSpecError && cause.code === 'UNKNOWN_VERSION') {
      throw new CheckpointSyncError('UNKNOWN_VERSION', cause.message, { cause });
    }
    throw unsafe(where, 'no manifest', cause);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw unsafe(where, describeIssues(parsed.error), parsed.error);
  return parsed.data;
}

/** Refuses a key that is no pack's, or of a generation that came after the commit. */
export function checkPackKey(key: string, generation: number, where: string): void {
  const pack = packOfKey(key);
  if (!pack) throw unsafe(where, `${JSON.stringify(key)}, which is no key of a pack`);
  if (pack.generation > generation) throw unsafe(where, `${key}, a pack of a later generation`);
}

/** The refusal of what no writer of ours would write. */
export function unsafe(where: string, what: string, cause?: unknown): CheckpointSyncError {
  return new CheckpointSyncError(
    'UNSAFE_MANIFEST',
    `The manifest ${where} was refused, nothing was written: it has ${what}.`,
    { cause },
  );
}

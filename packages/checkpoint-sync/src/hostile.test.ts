import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { CommitEntry, PackReference } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { FaultStore } from '@openevolve-aws/object-store/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimant,
  commitOf,
  ledger,
  readTree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { JobLog } from './job-log.ts';
import { restoreNewest } from './read-only.ts';
import { restoreCommit } from './restore.ts';
import { claimJob } from './session.ts';

const content = 'hello, world';
const sha256 = (body: string | Uint8Array) => createHash('sha256').update(body).digest('hex');
const block = gzipSync(content);

interface Document {
  version: unknown;
  layers: unknown[];
  removed: unknown[];
  packs: { key: unknown; blocks: unknown[] }[];
  files: Record<string, unknown>[];
}

function validDocument(): Document {
  return {
    version: 2,
    layers: [],
    removed: [],
    packs: [{ key: 'packs/1-1', blocks: [[block.byteLength, content.length]] }],
    files: [
      { path: 'programs/a.json', bytes: 5, sha256: sha256('hello'), extents: [[0, 0, 5]] },
      { path: 'metadata.json', bytes: 5, sha256: sha256('world'), extents: [[0, 7, 5]] },
      { path: 'empty', bytes: 0, sha256: sha256(''), extents: [] },
    ],
  };
}

interface World {
  readonly store: MemoryStore;
  readonly folder: string;
  readonly target: string;
}

function world(): World {
  const folder = join(temporaryFolder(), 'a/b/c');
  mkdirSync(folder, { recursive: true });
  return { store: new MemoryStore(), folder, target: join(folder, 'target') };
}

/** Commits a document as a hostile writer would: every hash is right. */
async function plant(
  { store }: World,
  document: unknown,
  change: Partial<Pick<CommitEntry, 'files' | 'bytes'>> & { pack?: Partial<PackReference> } = {},
): Promise<CommitEntry> {
  const manifest = document instanceof Uint8Array ? document : gzipSync(JSON.stringify(document));
  const pack = {
    key: 'packs/1-1',
    bytes: block.byteLength + manifest.byteLength,
    manifest: { offset: block.byteLength, length: manifest.byteLength, sha256: sha256(manifest) },
  };
  await store.put(pack.key, Buffer.concat([block, manifest]));
  const log = await JobLog.open(store);
  if (log.lastSeq === 0) await log.append(null, { kind: 'claim', ...claimant });
  return log.append(1, {
    kind: 'commit',
    parent: null,
    label: 'checkpoint_1',
    reason: 'hostile',
    files: 3,
    bytes: 10,
    ledger: ledger(1),
    initial: null,
    best: null,
    earlyStopping: null,
    ...change,
    pack: { ...pack, ...change.pack },
  });
}

async function expectRefused(here: World, commit: CommitEntry, code: string): Promise<void> {
  const error = await restoreCommit(here.store, commit, here.target).then(
    () => 'restored',
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ name: 'CheckpointSyncError', code, permanent: true });
  expect(readdirSync(here.folder)).toEqual([]);
}

describe('a hostile manifest', () => {
  it('would have been restored if it were not', async () => {
    const here = world();
    await restoreCommit(here.store, await plant(here, validDocument()), here.target);
    expect(Object.keys(readTree(here.target))).toEqual([
      'empty',
      'metadata.json',
      'programs/a.json',
    ]);
  });

  const name = fc
    .string({ minLength: 1, maxLength: 8 })
    .map((text) => text.replace(/[/\\\0]/g, '_'));
  const badPart = fc.constantFrom(
    '..',
    '.',
    '',
    '\0',
    'a\0b',
    'a\\b',
    '\\',
    '\ud800',
    'n'.repeat(256),
  );
  const badPath = fc.oneof(
    fc
      .tuple(fc.array(name, { maxLength: 2 }), badPart, fc.array(name, { maxLength: 2 }))
      .map(([before, bad, after]) => [...before, bad, ...after].join('/')),
    name.map((rest) => `/${rest}`),
    fc.constantFrom('/etc/passwd', '../../outside', 'C:\\x', 'a'.repeat(513), 'metadata.json/'),
  );

  it('with a path that is absolute, climbs, or is no path is refused', async () => {
    await fc.assert(
      fc.asyncProperty(badPath, async (path) => {
        const here = world();
        const document = validDocument();
        document.files[0] = { ...document.files[0], path };
        await expectRefused(here, await plant(here, document), 'UNSAFE_MANIFEST');
      }),
      { numRuns: 150 },
    );
  });

  const huge = fc.constantFrom(2 ** 31, 2 ** 32 + 1, 2 ** 45, Number.MAX_SAFE_INTEGER, 1e300);
  const wrong = fc.oneof(
    huge,
    fc.integer({ min: 13, max: 1e6 }),
    fc.integer({ max: -1 }),
    fc.constantFrom(0.5, null, '1', true),
  );

  it('with sizes, offsets or indexes out of range is refused', async () => {
    const spots: ((document: Document, value: unknown) => void)[] = [
      ({ files }, value) => Object.assign(files[0] ?? {}, { bytes: value }),
      ({ files }, value) => Object.assign(files[0] ?? {}, { extents: [[value, 0, 5]] }),
      ({ files }, value) => Object.assign(files[0] ?? {}, { extents: [[0, value, 5]] }),
      ({ files }, value) => Object.assign(files[0] ?? {}, { extents: [[0, 0, value]] }),
      ({ files }, value) =>
        Object.assign(files[0] ?? {}, {
          extents: [
            [0, 0, 2],
            [0, 2, value],
          ],
        }),
      ({ files }, value) => Object.assign(files[2] ?? {}, { bytes: value }),
      ({ packs }, value) => Object.assign(packs[0] ?? {}, { blocks: [[value, 12]] }),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...spots), wrong, async (spot, value) => {
        const here = world();
        const document = validDocument();
        spot(document, value);
        // By chance it may be the right one.
        fc.pre(!isDeepStrictEqual(document, validDocument()));
        const commit = await plant(here, document);
        const error = await restoreCommit(here.store, commit, here.target).catch((e: unknown) => e);
        expect(error).toMatchObject({ code: expect.stringMatching(/^(UNSAFE_MANIFEST|DAMAGED)$/) });
        expect(readdirSync(here.folder)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  const cases: Record<string, (document: Document) => void> = {
    'a path twice': ({ files }) => files.push({ ...files[0] }),
    'a file inside of a file': ({ files }) =>
      files.push({ path: 'empty/x', bytes: 0, sha256: sha256(''), extents: [] }),
    'a pack twice': ({ packs, files }) => {
      packs.push(structuredClone(packs[0] ?? { key: '', blocks: [] }));
      Object.assign(files[1] ?? {}, { extents: [[1, 7, 5]] });
    },
    'a pack of a later generation': ({ packs }) =>
      Object.assign(packs[0] ?? {}, { key: 'packs/2-1' }),
    'a pack that is no pack': ({ packs }) =>
      Object.assign(packs[0] ?? {}, { key: 'packs/../job.json' }),
    'a bomb by its ratio': ({ packs }) =>
      Object.assign(packs[0] ?? {}, { blocks: [[20, 4 * 1024 * 1024]] }),
    'a bomb by its size': ({ packs }) => Object.assign(packs[0] ?? {}, { blocks: [[1e9, 1e9]] }),
    'content without a place': ({ files }) => Object.assign(files[0] ?? {}, { extents: [] }),
    'a place without content': ({ files }) =>
      Object.assign(files[2] ?? {}, { extents: [[0, 0, 1]] }),
    'a block that is stored in far more bytes than it has': ({ packs }) =>
      Object.assign(packs[0] ?? {}, { blocks: [[2 ** 40, content.length]] }),
    'tiny blocks before the last': ({ packs }) => packs[0]?.blocks.unshift([1, 1]),
    'more content than a file has': ({ files }) =>
      Object.assign(files[0] ?? {}, {
        extents: [
          [0, 0, 5],
          [0, 7, 5],
        ],
      }),
    'less content than a file has': ({ files }) =>
      Object.assign(files[0] ?? {}, { extents: [[0, 0, 4]] }),
    'an extent without content': ({ files }) =>
      Object.assign(files[0] ?? {}, {
        extents: [
          [0, 0, 5],
          [0, 5, 0],
        ],
      }),
    'a hash that is none': ({ files }) => Object.assign(files[0] ?? {}, { sha256: 'abc' }),
    'more layers than are allowed': (document) => {
      const layer = {
        key: 'packs/1-1',
        bytes: 9,
        manifest: { offset: 0, length: 9, sha256: sha256('') },
      };
      document.layers = Array(16).fill(layer);
    },
    'no files': (document) => Object.assign(document, { files: undefined }),
  };

  it.each(Object.entries(cases))('with %s is refused', async (_, spoil) => {
    const here = world();
    const document = validDocument();
    spoil(document);
    const files = new Set(document.files?.map(({ path }) => path)).size;
    await expectRefused(here, await plant(here, document, { files }), 'UNSAFE_MANIFEST');
  });

  const onePlace = (places: ([number, number] | null)[]) => ({
    ...validDocument(),
    version: 1,
    files: validDocument().files.map(({ extents: _, ...file }, index) => ({
      ...file,
      at: places[index],
    })),
  });

  it('of version 1, in which a file has one place, is read', async () => {
    const here = world();
    const commit = await plant(here, onePlace([[0, 0], [0, 7], null]));
    await restoreCommit(here.store, commit, here.target);
    expect(readTree(here.target)).toMatchObject({
      empty: '',
      'metadata.json': Buffer.from('world').toString('base64'),
      'programs/a.json': Buffer.from('hello').toString('base64'),
    });
  });

  it.each<[what: string, places: ([number, number] | null)[]]>([
    ['outside of its pack', [[0, 8], [0, 7], null]],
    ['in no pack', [[1, 0], [0, 7], null]],
    ['that is missing', [null, [0, 7], null]],
    [
      'of no content',
      [
        [0, 0],
        [0, 7],
        [0, 0],
      ],
    ],
  ])('of version 1 with a place %s is refused', async (_, places) => {
    const here = world();
    await expectRefused(here, await plant(here, onePlace(places)), 'UNSAFE_MANIFEST');
  });

  it('of an unknown version is refused, and nothing older is used in its stead', async () => {
    const here = world();
    await plant(here, validDocument());
    const commit = await plant(here, { ...validDocument(), version: 3, files: 'of another kind' });
    await expectRefused(here, commit, 'UNKNOWN_VERSION');
    await expect(restoreNewest(here.store, here.target)).rejects.toMatchObject({
      code: 'UNKNOWN_VERSION',
    });
    expect(readdirSync(here.folder)).toEqual([]);
  });

  it('that unpacks to far more than a manifest, or is not packed at all, is refused', async () => {
    const here = world();
    const padding = ' '.repeat(64 * 1024 * 1024);
    const bomb = gzipSync(JSON.stringify(validDocument()) + padding);
    expect(bomb.byteLength).toBeLessThan(100_000);
    await expectRefused(here, await plant(here, bomb), 'UNSAFE_MANIFEST');
    await expectRefused(here, await plant(here, Buffer.from('{}')), 'UNSAFE_MANIFEST');
    await expectRefused(here, await plant(here, gzipSync('not JSON')), 'UNSAFE_MANIFEST');
  });

  it('whose counts are not those of the log is refused', async () => {
    const here = world();
    await expectRefused(here, await plant(here, validDocument(), { files: 2 }), 'UNSAFE_MANIFEST');
    await expectRefused(here, await plant(here, validDocument(), { bytes: 11 }), 'UNSAFE_MANIFEST');
  });

  it('with more content in pieces than memory is meant for is refused', async () => {
    const here = world();
    const half = 9 * 1024 * 1024;
    const document = validDocument();
    document.packs = [
      { key: 'packs/1-1', blocks: Array.from({ length: 18 }, () => [2_000, 1024 * 1024]) },
    ];
    const extents = [
      [0, half, half],
      [0, 0, half],
    ];
    document.files = [{ path: 'index', bytes: 2 * half, sha256: sha256(''), extents }];
    const commit = await plant(here, document, { files: 1, bytes: 2 * half });
    await expectRefused(here, commit, 'UNSAFE_MANIFEST');
  });

  it('whose layers do not build on each other is refused', async () => {
    const here = world();
    const lower = await plant(here, validDocument());
    const upper = gzipSync(JSON.stringify({ ...validDocument(), layers: [lower.pack] }));
    const reference = { key: 'packs/1-2', bytes: upper.byteLength };
    const place = { offset: 0, length: upper.byteLength, sha256: sha256(upper) };
    await here.store.put('packs/1-2', upper);
    const layers = [{ ...reference, manifest: place }];
    const top = gzipSync(JSON.stringify({ ...validDocument(), layers }));
    await here.store.put('packs/1-3', top);
    const manifest = { offset: 0, length: top.byteLength, sha256: sha256(top) };
    const log = await JobLog.open(here.store);
    const {
      version: _version,
      seq: _seq,
      entryId: _entryId,
      generation: _generation,
      at: _at,
      ...body
    } = lower;
    const pack = { key: 'packs/1-3', bytes: top.byteLength, manifest };
    await expectRefused(here, await log.append(1, { ...body, pack }), 'UNSAFE_MANIFEST');
  });

  it('whose layers go round in a circle is refused, with few reads', async () => {
    const here = world();
    const lower = await plant(here, validDocument());
    for (const circle of [[lower.pack, lower.pack], Array(15).fill(lower.pack)]) {
      const layers = { ...validDocument(), layers: circle };
      const top = Buffer.concat([block, gzipSync(JSON.stringify(layers))]);
      await here.store.put('packs/1-2', top);
      const place = { offset: block.byteLength, length: top.byteLength - block.byteLength };
      const manifest = { ...place, sha256: sha256(top.subarray(block.byteLength)) };
      const pack = { key: 'packs/1-2', bytes: top.byteLength, manifest };
      const counted = new FaultStore(here.store);
      const restored = restoreCommit(counted, { ...lower, pack }, here.target);
      await expect(restored).rejects.toMatchObject({ code: 'UNSAFE_MANIFEST' });
      expect(counted.calls.length).toBeLessThanOrEqual(16);
      expect(readdirSync(here.folder)).toEqual([]);
    }
  });

  it('of ten million entries, or millions deep, is refused in bounded memory', async () => {
    const manifest = new URL('./manifest.ts', import.meta.url).href;
    const script = `
      const { decodeManifest } = await import(${JSON.stringify(manifest)});
      const { createGzip } = await import('node:zlib');
      const { once } = await import('node:events');
      const pack = async (item, times, before = '', after = '') => {
        const stored = createGzip();
        const chunks = [];
        stored.on('data', (chunk) => chunks.push(chunk));
        stored.write('{"version":2,"layers":[],"removed":[],"packs":[],"files":[' + before);
        for (let n = 0; n < times; n += 10_000) {
          if (!stored.write(item.repeat(10_000))) await once(stored, 'drain');
        }
        stored.end((after || '0') + ']}');
        await once(stored, 'end');
        return Buffer.concat(chunks);
      };
      const file = '{"path":"a","bytes":1,"sha256":"' + '0'.repeat(64) + '","extents":[0';
      const bombs = [
        await pack('{},', 1e7),
        await pack('0,', 1e7),
        await pack('[', 2e6),
        await pack(',{}', 1_400_000, file, ']}'),
        await pack(',[0,0,1]', 700_000, file.slice(0, -1) + '[0,0,1]', ']}'),
      ];
      const before = process.resourceUsage().maxRSS;
      for (const bomb of bombs) {
        await decodeManifest(bomb, 1, 'packs/1-1').then(
          () => { throw new Error('taken'); },
          (error) => console.log(error.code),
        );
      }
      console.log(String(process.resourceUsage().maxRSS - before));`;
    const { stdout } = await promisify(execFile)(
      'node',
      ['--conditions=@openevolve-aws/source', '--input-type=module', '-e', script],
      { cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );
    const [kilobytes, ...codes] = stdout.trim().split('\n').reverse();
    expect(codes).toEqual(Array(5).fill('UNSAFE_MANIFEST'));
    expect(Number(kilobytes)).toBeLessThan(400 * 1024);
  }, 60_000);

  /** A commit of two manifests, as a hostile writer would lay them: every hash is right. */
  async function plantLayers(
    here: World,
    below: Partial<Document>,
    above: Partial<Document>,
  ): Promise<CommitEntry> {
    const empty = { version: 2, layers: [], removed: [], packs: [], files: [] };
    const lower = gzipSync(JSON.stringify({ ...empty, ...below }));
    const manifest = { offset: 0, length: lower.byteLength, sha256: sha256(lower) };
    await here.store.put('packs/1-2', lower);
    const layers = [{ key: 'packs/1-2', bytes: lower.byteLength, manifest }];
    return plant(here, { ...empty, ...above, layers });
  }

  it('whose layers give two accounts of a pack is refused, at once however large they are', async () => {
    const here = world();
    const blocks = Array.from({ length: 50_000 }, () => [1024, 1024 * 1024]);
    const file = (path: string) => ({ path, bytes: 1, sha256: sha256('x'), extents: [[0, 0, 1]] });
    const pack = { key: 'packs/1-1', blocks };
    const many = Array.from({ length: 2_000 }, (_, number) => file(`${number}`));
    const began = performance.now();
    const same = await plantLayers(
      here,
      { packs: [pack], files: [file('a')] },
      { packs: [pack], files: many },
    );
    await expectRefused(here, same, 'UNSAFE_MANIFEST');
    expect(performance.now() - began).toBeLessThan(15_000);
    const other = { ...pack, blocks: blocks.slice(1) };
    const differing = await plantLayers(
      here,
      { packs: [pack], files: [file('a')] },
      { packs: [other], files: [file('b')] },
    );
    const told = restoreCommit(here.store, differing, here.target);
    await expect(told).rejects.toThrow('two accounts of packs/1-1');
  }, 120_000);

  it('whose layers hold far more than a checkpoint is refused before all are unpacked', async () => {
    const script = `
      const { hash } = await import('node:crypto');
      const { gzipSync } = await import('node:zlib');
      const { MemoryStore } = await import('@openevolve-aws/object-store');
      const { readCheckpoint } = await import(${JSON.stringify(new URL('./read-checkpoint.ts', import.meta.url).href)});
      const store = new MemoryStore();
      const layers = [];
      const sha256 = hash('sha256', '');
      const file = (_, n) => '{"path":"' + n + '","bytes":0,"sha256":"' + sha256 + '","extents":[]}';
      const files = Array.from({ length: 150_000 }, file).join();
      for (let layer = 0; layer < 16; layer++) {
        const stored = gzipSync('{"version":2,"layers":' + JSON.stringify(layers) + ',"removed":[],"packs":[],"files":[' + files + ']}', { level: 1 });
        const key = 'packs/1-' + (layer + 1);
        await store.put(key, stored);
        const manifest = { offset: 0, length: stored.byteLength, sha256: hash('sha256', stored) };
        layers.push({ key, bytes: stored.byteLength, manifest });
      }
      const before = process.resourceUsage().maxRSS;
      await readCheckpoint(store, { generation: 1, pack: layers.at(-1), files: 1, bytes: 0 }).then(
        () => { throw new Error('taken'); },
        (error) => console.log(error.code),
      );
      console.log(String(process.resourceUsage().maxRSS - before));`;
    const { stdout } = await promisify(execFile)(
      'node',
      ['--conditions=@openevolve-aws/source', '--input-type=module', '-e', script],
      { cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );
    const [code, kilobytes] = stdout.trim().split('\n');
    expect(code).toBe('UNSAFE_MANIFEST');
    expect(Number(kilobytes)).toBeLessThan(500 * 1024);
  }, 120_000);

  it('whose block is a bomb is DAMAGED, and no more of it is unpacked than it says', async () => {
    const here = world();
    const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024));
    const document = validDocument();
    document.packs = [{ key: 'packs/1-2', blocks: [[bomb.byteLength, 4 * 1024 * 1024]] }];
    await here.store.put('packs/1-2', bomb);
    await expectRefused(here, await plant(here, document), 'DAMAGED');
  });

  it('that an entry places outside of its pack, or in what is no pack, is refused', async () => {
    const here = world();
    const manifest = { offset: 5, length: 100, sha256: sha256('') };
    for (const pack of [
      { manifest, bytes: 104 },
      { manifest: { ...manifest, length: 2 ** 40 }, bytes: 2 ** 50 },
      { key: 'commits/000000000001.json' },
      { key: '../other/packs/1-1' },
      { key: 'packs/9-1' },
    ]) {
      await expectRefused(here, await plant(here, validDocument(), { pack }), 'UNSAFE_MANIFEST');
    }
  });

  it('whose block unpacks to more or less than it says is DAMAGED', async () => {
    for (const raw of [11, 13]) {
      const here = world();
      const document = validDocument();
      document.files.splice(1, 1);
      Object.assign(document.packs[0] ?? {}, { blocks: [[block.byteLength, raw]] });
      const commit = await plant(here, document, { files: 2, bytes: 5 });
      await expectRefused(here, commit, 'DAMAGED');
    }
  });

  it('whose hash of a file is another one is DAMAGED, empty files too', async () => {
    for (const index of [0, 2]) {
      const here = world();
      const document = validDocument();
      Object.assign(document.files[index] ?? {}, { sha256: sha256('something else') });
      await expectRefused(here, await plant(here, document), 'DAMAGED');
    }
  });

  it('with any value replaced by any other is restored as it says or refused, and touches nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.jsonValue({ maxDepth: 2 }), async (pick, value) => {
        const here = world();
        const document = replaceOne(validDocument(), pick, value);
        const commit = await plant(here, document);
        const error = await restoreCommit(here.store, commit, here.target).then(
          () => null,
          (caught: unknown) => caught,
        );
        if (error) {
          expect(error).toMatchObject({ name: 'CheckpointSyncError' });
          expect(existsSync(here.target)).toBe(false);
        }
        expect(readdirSync(here.folder)).toEqual(error ? [] : ['target']);
        expect(readdirSync(join(here.folder, '..'))).toEqual(['c']);
      }),
      { numRuns: 300 },
    );
  });
});

/** Replaces the value at one of all paths of a document. */
function replaceOne(document: unknown, pick: number, value: unknown): unknown {
  const paths: (string | number)[][] = [];
  const visit = (node: unknown, path: (string | number)[]): void => {
    paths.push(path);
    if (node && typeof node === 'object') {
      for (const [key, child] of Object.entries(node)) visit(child, [...path, key]);
    }
  };
  visit(document, []);
  const path = paths[pick % paths.length] ?? [];
  const replace = (node: unknown, [key, ...rest]: (string | number)[]): unknown => {
    if (key === undefined) return value;
    const copy = structuredClone(node) as Record<string | number, unknown>;
    copy[key] = replace(copy[key], rest);
    return copy;
  };
  return replace(document, path);
}

it('any tree of files comes back as it was', async () => {
  const segment = fc
    .stringMatching(/^[a-zA-Z0-9 _.äß-]{1,12}$/)
    .filter((s) => s !== '.' && s !== '..');
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const tree = fc
    .dictionary(path, fc.uint8Array({ maxLength: 3_000 }), { maxKeys: 12 })
    .map((files) => {
      const paths = Object.keys(files);
      const isFolder = (one: string) => paths.some((other) => other.startsWith(`${one}/`));
      return Object.fromEntries(Object.entries(files).filter(([one]) => !isFolder(one)));
    });
  await fc.assert(
    fc.asyncProperty(tree, tree, async (first, second) => {
      const here = world();
      const session = await claimJob(here.store, claimant);
      for (const [n, files] of [first, second].entries()) {
        const source = writeTree(join(here.folder, `source-${n}`), files);
        await session.commit(commitOf(source, n));
        await session.restore(join(here.folder, `restored-${n}`));
        expect(readTree(join(here.folder, `restored-${n}`))).toEqual(readTree(source));
      }
    }),
    { numRuns: 60 },
  );
});

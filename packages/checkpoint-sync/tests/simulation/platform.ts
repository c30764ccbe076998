import crypto from 'node:crypto';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import zlib from 'node:zlib';
import { keepFilesInMemory } from './memory-files.ts';
import { forgetParsed } from './shortcuts.ts';

/** Below it, files are in memory. */
export const SIMULATED_FOLDER = '/simulated';

/*
 * Makes this process deterministic: the engine's files are in memory, compression is done at once
 * instead of in threads, the clock stands still until it is moved, and ids are counted.
 * The engine itself is not changed. Import it before the engine.
 */
keepFilesInMemory(SIMULATED_FOLDER);
const asynchronous = fsPromises as unknown as Record<string, unknown>;
for (const name of Object.keys(fsPromises)) {
  const sync = (fs as unknown as Record<string, unknown>)[`${name}Sync`];
  if (typeof sync !== 'function' || name === 'open') continue;
  asynchronous[name] = async (...args: unknown[]) => sync(...args);
}
// Compression takes most of the time of a schedule, and nothing depends on how well it is done.
type Done = (error: unknown, result?: Uint8Array) => void;
const HEADER_BYTES = 8;
const pack = (body: Uint8Array): Uint8Array => {
  const packed = Buffer.allocUnsafe(HEADER_BYTES + body.byteLength);
  packed.writeUInt32BE(body.byteLength, 0);
  packed.writeUInt32BE(zlib.crc32(body), 4);
  packed.set(body, HEADER_BYTES);
  return packed;
};
Object.assign(zlib, {
  gzip: (body: Uint8Array, _options: unknown, done: Done) => done(null, pack(body)),
  gunzip: (packed: Uint8Array, _options: unknown, done: Done) => {
    const header = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    const body = packed.slice(HEADER_BYTES);
    const isWhole = packed.byteLength >= HEADER_BYTES && header.getUint32(0) === body.byteLength;
    if (isWhole && header.getUint32(4) === zlib.crc32(body)) done(null, body);
    else done(new Error('Damaged.'));
  },
});

Object.defineProperty(zlib, 'createGzip', {
  value: () => {
    let packed: Uint8Array | null = null;
    return {
      end: (body: Uint8Array) => {
        packed = pack(body);
      },
      toArray: async () => [packed],
    };
  },
});

// So do hashes, and what they must find out here is chance, not malice.
const hex = (sum: number): string => sum.toString(16).padStart(8, '0').repeat(8);
class Checksum {
  #sum = 0;

  update(bytes: Uint8Array): this {
    this.#sum = zlib.crc32(bytes, this.#sum);
    return this;
  }

  digest(): string {
    return hex(this.#sum);
  }
}

/** A hash as the platform has it. */
export const { createHash } = crypto;
let ids = 0;
Object.assign(crypto, {
  hash: (_algorithm: string, bytes: Uint8Array) => hex(zlib.crc32(bytes)),
  createHash: () => new Checksum(),
  randomUUID: () => `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}`,
});
syncBuiltinESMExports();

/** Starts the clock and the ids of a schedule anew, and forgets what the one before has parsed. */
export function beginSchedule(): void {
  ids = 0;
  forgetParsed();
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.UTC(2030, 0) });
}

export function passTime(ms: number): void {
  mock.timers.tick(ms);
}

/** Lets all go on that needs neither an answer from outside nor the event loop. */
export function quiescence(): Promise<void> {
  return new Promise((resolve) => {
    // It comes once no microtask is left, and takes a fraction of a turn of the event loop.
    process.nextTick(resolve);
  });
}

/** Lets all go on that gave way to the event loop. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

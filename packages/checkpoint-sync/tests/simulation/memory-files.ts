import fs from 'node:fs';
import { resolve } from 'node:path';

/** What the engine asks of a file's stats. */
class FileStats {
  readonly dev = 1n;
  readonly nlink = 1n;
  readonly ino: bigint;
  readonly size: bigint;
  readonly birthtimeNs = 0n;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;

  constructor(ino: bigint, bytes: number, changedMs: number) {
    this.ino = ino;
    this.size = BigInt(bytes);
    this.mtimeNs = BigInt(changedMs) * 1_000_000n;
    this.ctimeNs = this.mtimeNs;
  }

  isFile(): boolean {
    return true;
  }

  isDirectory(): boolean {
    return false;
  }
}

class MemoryFile {
  readonly #ino: bigint;
  #content: Buffer = Buffer.alloc(0);
  #stats: FileStats | null = null;
  #changedMs = Date.now();

  constructor(ino: bigint) {
    this.#ino = ino;
  }

  get content(): Buffer {
    return this.#content;
  }

  set content(content: Buffer) {
    this.#content = content;
    this.#changedMs = Date.now();
    this.#stats = null;
  }

  get stats(): FileStats {
    this.#stats ??= new FileStats(this.#ino, this.#content.byteLength, this.#changedMs);
    return this.#stats;
  }
}

/** Parts of a path that are to be resolved. */
const NOT_NORMAL = /\/(\.{0,2}\/|\.{0,2}$)/;
/** Descriptors of files in memory; far above those of the system. */
const FIRST_DESCRIPTOR = 1_000_000_000;

/**
 * Puts what `node:fs` does below a root into memory: what the engine and the simulation need of it,
 * with the clock's time stamps. Anything else throws.
 */
export function keepFilesInMemory(root: string): void {
  const files = new Map<string, MemoryFile>();
  const folders = new Map<string, Set<string>>([[root, new Set()]]);
  const open = new Map<number, { file: MemoryFile; position: number }>();
  let lastIno = 0n;
  let lastDescriptor = FIRST_DESCRIPTOR;

  const fail = (code: string, path: string): never => {
    throw Object.assign(new Error(`${code}: ${path}`), { code });
  };
  const dirname = (path: string) => path.slice(0, path.lastIndexOf('/'));
  const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const childrenOf = (path: string) =>
    folders.get(path) ?? fail(files.has(path) ? 'ENOTDIR' : 'ENOENT', path);
  const fileOf = (path: string) => files.get(path) ?? fail('ENOENT', path);
  const openFile = (descriptor: number) => open.get(descriptor) ?? fail('EBADF', `${descriptor}`);
  const create = (path: string): MemoryFile => {
    childrenOf(dirname(path)).add(nameOf(path));
    lastIno += 1n;
    const file = new MemoryFile(lastIno);
    files.set(path, file);
    return file;
  };
  const remove = (path: string): void => {
    for (const child of folders.get(path) ?? []) remove(`${path}/${child}`);
    folders.delete(path);
    files.delete(path);
    folders.get(dirname(path))?.delete(nameOf(path));
    if (path === root) folders.set(root, new Set());
  };

  const memory = {
    readdirSync: (path: string, options?: { withFileTypes?: boolean }) => {
      const names = [...childrenOf(path)];
      if (!options?.withFileTypes) return names;
      return names.map((name) => ({
        name,
        parentPath: path,
        isDirectory: () => folders.has(`${path}/${name}`),
        isFile: () => files.has(`${path}/${name}`),
      }));
    },
    lstatSync: (path: string) => fileOf(path).stats,
    mkdirSync: (path: string) => {
      if (folders.has(path)) return;
      if (!folders.has(dirname(path))) memory.mkdirSync(dirname(path));
      childrenOf(dirname(path)).add(nameOf(path));
      folders.set(path, new Set());
    },
    rmSync: remove,
    renameSync: (from: string, to: string) => {
      if ((folders.get(to)?.size ?? 0) > 0) fail('ENOTEMPTY', to);
      const children = childrenOf(from);
      remove(to);
      childrenOf(dirname(to)).add(nameOf(to));
      folders.set(to, children);
      folders.delete(from);
      folders.get(dirname(from))?.delete(nameOf(from));
      for (const child of children) {
        files.set(`${to}/${child}`, fileOf(`${from}/${child}`));
        files.delete(`${from}/${child}`);
      }
    },
    writeFileSync: (path: string, content: string | Uint8Array, options?: { flag?: string }) => {
      if (options?.flag === 'wx' && files.has(path)) fail('EEXIST', path);
      const file = files.get(path) ?? create(path);
      file.content = Buffer.from(content as Uint8Array);
    },
    readFileSync: (path: string, encoding: BufferEncoding) =>
      fileOf(path).content.toString(encoding),
    openSync: (path: string, flags: string | number) => {
      if (flags === 'wx' && files.has(path)) fail('EEXIST', path);
      const file = flags === 'wx' ? create(path) : fileOf(path);
      lastDescriptor += 1;
      open.set(lastDescriptor, { file, position: 0 });
      return lastDescriptor;
    },
    readSync: (descriptor: number, into: Uint8Array, offset: number, length: number) => {
      const at = openFile(descriptor);
      const part = at.file.content.subarray(at.position, at.position + length);
      into.set(part, offset);
      at.position += part.byteLength;
      return part.byteLength;
    },
    writeSync: (descriptor: number, content: Uint8Array, offset = 0) => {
      const { file } = openFile(descriptor);
      file.content = Buffer.concat([file.content, content.subarray(offset)]);
      return content.byteLength - offset;
    },
    fstatSync: (descriptor: number) => openFile(descriptor).file.stats,
    closeSync: (descriptor: number) => void open.delete(descriptor),
  };

  const system = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, inMemory] of Object.entries(memory)) {
    const onDisk = system[name];
    system[name] = (...args: unknown[]) => {
      const target = args[0];
      const isPath = typeof target === 'string';
      const isOurs = isPath ? target.startsWith(root) : Number(target) > FIRST_DESCRIPTOR;
      if (!isOurs) return onDisk?.apply(fs, args);
      if (isPath && NOT_NORMAL.test(target)) args[0] = resolve(target);
      return (inMemory as (...args: unknown[]) => unknown)(...args);
    };
  }
}

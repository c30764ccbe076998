import fs from 'node:fs';
import { dirname, resolve } from 'node:path';

interface MemoryFile {
  content: Buffer;
  readonly ino: bigint;
  changedMs: number;
}

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
  const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  const childrenOf = (path: string) =>
    folders.get(path) ?? fail(files.has(path) ? 'ENOTDIR' : 'ENOENT', path);
  const fileOf = (path: string) => files.get(path) ?? fail('ENOENT', path);
  const openFile = (descriptor: number) => open.get(descriptor) ?? fail('EBADF', `${descriptor}`);
  const create = (path: string): MemoryFile => {
    childrenOf(dirname(path)).add(nameOf(path));
    lastIno += 1n;
    const file = { content: Buffer.alloc(0), ino: lastIno, changedMs: Date.now() };
    files.set(path, file);
    return file;
  };
  const statsOf = ({ content, ino, changedMs }: MemoryFile) => {
    const ns = BigInt(changedMs) * 1_000_000n;
    const times = {
      mtimeNs: ns,
      ctimeNs: ns,
      ctimeMs: BigInt(changedMs),
      mtimeMs: BigInt(changedMs),
    };
    const size = BigInt(content.byteLength);
    return {
      dev: 1n,
      ino,
      nlink: 1n,
      size,
      ...times,
      isFile: () => true,
      isDirectory: () => false,
    };
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
    lstatSync: (path: string) => statsOf(fileOf(path)),
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
      file.changedMs = Date.now();
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
    fstatSync: (descriptor: number) => statsOf(openFile(descriptor).file),
    closeSync: (descriptor: number) => void open.delete(descriptor),
  };

  const system = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, inMemory] of Object.entries(memory)) {
    const onDisk = system[name];
    system[name] = (...args: unknown[]) => {
      const [target, ...rest] = args;
      const isOurs =
        typeof target === 'string' ? target.startsWith(root) : Number(target) > FIRST_DESCRIPTOR;
      if (!isOurs) return onDisk?.apply(fs, args);
      const normal = typeof target === 'string' ? resolve(target) : target;
      return (inMemory as (...args: unknown[]) => unknown)(normal, ...rest);
    };
  }
}

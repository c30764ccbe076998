import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { FolderStore } from './folder-store.ts';
import { collect } from './testing/collect.ts';
import { objectStoreContract } from './testing/contract.ts';

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'folder-store-'));
  folders.push(folder);
  return folder;
}

async function keys(store: FolderStore): Promise<string[]> {
  return (await collect(store.list(''))).map(({ key }) => key);
}

/** Another Node process that has imported the sources and then runs a script with `store`. */
function processWithStore(root: string, script: string): ChildProcess {
  const source = new URL('./folder-store.ts', import.meta.url).href;
  const code = `
    const { FolderStore } = await import(${JSON.stringify(source)});
    const store = new FolderStore(${JSON.stringify(root)});
    ${script}`;
  return spawn('node', ['--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function* lines(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout) yield* createInterface({ input: child.stdout });
}

objectStoreContract(
  'FolderStore',
  async () => new FolderStore(join(await temporaryFolder(), 'new/one')),
);

describe('FolderStore', () => {
  it('keeps objects as plain files at their keys', async () => {
    const root = await temporaryFolder();
    await new FolderStore(root).put('a/b.txt', Buffer.from('hello'));
    expect(await readFile(join(root, 'a/b.txt'), 'utf8')).toBe('hello');
  });

  it('shows nothing of what a dead writer left, and removes it when it is old', async () => {
    const root = await temporaryFolder();
    const store = new FolderStore(root);
    await store.put('a', Buffer.from('x'));
    const area = (await readdir(root)).find((name) => name !== 'a') ?? '';
    const old = join(root, area, 'old');
    await writeFile(old, 'half');
    await writeFile(join(root, area, 'young'), 'half');
    const longAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
    await utimes(old, longAgo, longAgo);

    expect(await keys(store)).toEqual(['a']);
    expect(await collect(store.list(`${area}/`))).toEqual([]);
    await expect(store.get(`${area}/young`)).rejects.toMatchObject({ code: 'INVALID_KEY' });
    await expect(store.delete([`${area}/young`])).rejects.toMatchObject({ code: 'INVALID_KEY' });
    await expect(store.put(area, Buffer.from('x'))).rejects.toMatchObject({ code: 'INVALID_KEY' });

    await new FolderStore(root).put('b', Buffer.from('x'));
    expect(await readdir(join(root, area))).toEqual(['young']);
  });

  it('keeps tags out of its key space, and of the file that another program puts at a key', async () => {
    const root = await temporaryFolder();
    const store = new FolderStore(root);
    await store.put('a', Buffer.from('x'));
    await store.putTags('a', { state: 'finished' });
    expect(await new FolderStore(root).getTags('a')).toEqual({ state: 'finished' });
    const area = (await readdir(root)).find((name) => name.endsWith('-tags')) ?? '';
    const [document] = await readdir(join(root, area));
    expect(await keys(store)).toEqual(['a']);
    expect(await collect(store.list(`${area}/`))).toEqual([]);
    await expect(store.get(`${area}/${document}`)).rejects.toMatchObject({ code: 'INVALID_KEY' });

    await rm(join(root, 'a'));
    await writeFile(join(root, 'a'), 'y');
    expect(await store.getTags('a')).toEqual({});
    await store.delete(['a']);
    expect(await readdir(join(root, area))).toEqual([]);
  });

  it('never follows a link out of its root', async () => {
    const outside = await temporaryFolder();
    await writeFile(join(outside, 'secret'), 'secret');
    const root = await temporaryFolder();
    const store = new FolderStore(root);
    await store.put('plain/a', Buffer.from('x'));
    await symlink(outside, join(root, 'link'));
    await symlink(join(outside, 'secret'), join(root, 'plain/file-link'));

    expect(await keys(store)).toEqual(['plain/a']);
    await expect(collect(store.list('link/'))).rejects.toMatchObject({
      code: 'INVALID_KEY',
    });
    const refused = { code: 'INVALID_KEY', permanent: true };
    await expect(store.get('link/secret')).rejects.toMatchObject(refused);
    await expect(store.put('link/new', Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.delete(['link/secret'])).rejects.toMatchObject(refused);
    await expect(store.get('plain/file-link')).rejects.toMatchObject(refused);
    await symlink(outside, join(root, '.object-store-tags'));
    await expect(store.putTags('plain/a', { b: 'c' })).rejects.toMatchObject(refused);
    await expect(store.getTags('plain/a')).rejects.toMatchObject(refused);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('takes a named pipe for no object, and does not wait for it', async () => {
    const root = await temporaryFolder();
    await promisify(execFile)('mkfifo', [join(root, 'pipe')]);
    const store = new FolderStore(root);
    await expect(store.get('pipe')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await keys(store)).toEqual([]);
  });

  it('works through a root that is a link itself', async () => {
    const real = await temporaryFolder();
    const parent = await temporaryFolder();
    await symlink(real, join(parent, 'root'));
    const store = new FolderStore(join(parent, 'root'));
    await store.put('a/b', Buffer.from('x'));
    expect(await keys(store)).toEqual(['a/b']);
  });

  it('says INVALID_KEY where a folder cannot hold the key', async () => {
    const store = new FolderStore(await temporaryFolder());
    await store.put('a/b', Buffer.from('x'));
    const refused = { code: 'INVALID_KEY', permanent: true };
    await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.put('n'.repeat(300), Buffer.from('x'))).rejects.toMatchObject(refused);
  });

  it('never takes a file where a folder should be for an object that exists', async () => {
    const root = await temporaryFolder();
    const store = new FolderStore(root);
    await store.put('a', Buffer.from('x'));
    const refused = { code: 'INVALID_KEY', permanent: true, cause: expect.any(Error) };
    await expect(store.putIfAbsent('a/b', Buffer.from('x'))).rejects.toMatchObject(refused);
    const misplaced = new FolderStore(join(root, 'a'));
    await expect(misplaced.putIfAbsent('b', Buffer.from('x'))).rejects.toMatchObject(refused);
  });

  it('heals by a repetition after its folders were removed under it', async () => {
    const root = await temporaryFolder();
    const store = new FolderStore(root);
    await store.put('a/b', Buffer.from('x'));
    await rm(root, { recursive: true });
    const gone = store.put('a/b', Buffer.from('y'));
    await expect(gone).rejects.toMatchObject({ code: 'UNAVAILABLE', permanent: false });
    await store.put('a/b', Buffer.from('y'));
    expect(await keys(store)).toEqual(['a/b']);
  });

  it('lets one of two processes create each key, with the whole body of the winner', async () => {
    const root = await temporaryFolder();
    const racer = (mark: string) =>
      processWithStore(
        root,
        `
        console.log('ready');
        await new Promise((go) => process.stdin.once('data', go));
        for (let n = 0; n < 100; n++) {
          const won = await store.putIfAbsent('log/' + n, Buffer.alloc(50_000, '${mark}')).then(
            () => true,
            (error) => { if (error.code !== 'ALREADY_EXISTS') throw error; return false; },
          );
          if (won) console.log(String(n));
        }
        process.exit(0);`,
      );
    const racers = ['a', 'b'].map((mark) => ({ mark, child: racer(mark), won: [] as string[] }));
    let ready = 0;
    const finished = racers.map(async ({ child, won }) => {
      for await (const line of lines(child)) {
        if (line !== 'ready') won.push(line);
        else if (++ready === racers.length)
          for (const one of racers) one.child.stdin?.write('go\n');
      }
    });
    await Promise.all(finished);

    const [first, second] = racers.map(({ won }) => won);
    expect([...(first ?? []), ...(second ?? [])].sort()).toEqual(
      Array.from({ length: 100 }, (_, n) => `${n}`).sort(),
    );
    const store = new FolderStore(root);
    for (const { mark, won } of racers) {
      for (const n of won) {
        expect(Buffer.from(await store.get(`log/${n}`)).equals(Buffer.alloc(50_000, mark))).toBe(
          true,
        );
      }
    }
  }, 30_000);

  it('has the old or the new content, never a torn one, after its writer is killed', async () => {
    const root = await temporaryFolder();
    const size = 2_000_000;
    const store = new FolderStore(root);
    await store.put('a', Buffer.alloc(size, 'a'));
    for (let round = 0; round < 6; round++) {
      const child = processWithStore(
        root,
        `
        console.log('writing');
        for (let n = 0; ; n++) await store.put('a', Buffer.alloc(${size}, 'b' + n % 2));`,
      );
      const exited = once(child, 'exit');
      for await (const _ of lines(child)) {
        // Between the first write's beginning and its third's end, another moment each round.
        await new Promise((resolve) => setTimeout(resolve, round * 7));
        break;
      }
      child.kill('SIGKILL');
      await exited;
      const body = Buffer.from(await store.get('a'));
      const head = body.toString('latin1', 0, 2);
      expect(body.equals(Buffer.alloc(size, head)), `round ${round}: ${head}`).toBe(true);
      expect(await keys(store)).toEqual(['a']);
    }
  }, 30_000);
});

import type { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { StreamBody } from '../body.ts';
import { isStoreError, ObjectStoreError } from '../errors.ts';
import { checkKey, isKey, isPrefix } from '../keys.ts';
import type {
  ByteRange,
  CallOptions,
  ListedObject,
  ListOptions,
  ObjectStore,
  ObjectTags,
} from '../object-store.ts';
import { checkRange, tooShort } from '../range.ts';
import { bodyPieces, readBody, type S3Body } from './s3-body.ts';
import { S3Bucket } from './s3-bucket.ts';
import { deletionError } from './s3-errors.ts';
import { upload } from './s3-upload.ts';

/** S3's limit for one request. */
const DELETED_AT_ONCE = 1_000;

/**
 * A bucket of Amazon S3, or of a server that speaks its protocol, as a store.
 *
 * Credentials, region and endpoint come from the SDK's default chain. Every upload carries a CRC32
 * that the server compares; every whole object that is read is compared with the checksum it was
 * stored with. Nothing is repeated here: wrap it in `retrying`.
 *
 * A HEAD that fails has no body that says why. `size` then asks again by a GET of one byte.
 *
 * @example
 * const store = retrying(new S3Store('my-bucket', { region: 'eu-west-1' }));
 * await store.put('users/ana/note.txt', new TextEncoder().encode('hello'));
 */
export class S3Store implements ObjectStore {
  readonly #bucket: S3Bucket;

  /** @param config overrides what the default chain finds. */
  constructor(bucket: string, config: S3ClientConfig = {}) {
    this.#bucket = new S3Bucket(bucket, config);
  }

  async get(key: string, options: CallOptions = {}): Promise<Uint8Array> {
    return readBody(await this.#get(key, options), options);
  }

  async getRange(key: string, range: ByteRange, options: CallOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    checkRange(range, key);
    const { offset, length } = range;
    const end = offset + length;
    if (length === 0) {
      if ((await this.size(key, options)) < end) throw tooShort(range, key);
      return new Uint8Array();
    }
    const { body, total } = await this.#getPart(key, range, options);
    if (total < end) {
      body.body.destroy();
      throw tooShort(range, key);
    }
    return readBody({ ...body, bytes: length }, options);
  }

  async *getStream(key: string, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
    yield* bodyPieces(await this.#get(key, options), options);
  }

  async put(key: string, body: Uint8Array, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const input = { ...this.#at(key), Body: body };
    await this.#bucket.call(key, options, (o) =>
      this.#bucket.client.send(new PutObjectCommand(input), o),
    );
  }

  async putStream(key: string, body: StreamBody, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    await upload(this.#bucket, key, body, options);
  }

  async putIfAbsent(key: string, body: Uint8Array, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const input = { ...this.#at(key), Body: body, IfNoneMatch: '*' };
    await this.#bucket.call(key, options, (o) =>
      this.#bucket.client.send(new PutObjectCommand(input), o),
    );
  }

  async size(key: string, options: CallOptions = {}): Promise<number> {
    checkKey(key);
    const head = await this.#bucket
      .call(key, options, (o) => this.#bucket.client.send(new HeadObjectCommand(this.#at(key)), o))
      .catch((error: unknown) => {
        if (isStoreError(error, 'ABORTED')) throw error;
        return null;
      });
    if (head?.ContentLength !== undefined) return head.ContentLength;
    try {
      const { body, total } = await this.#getPart(key, { offset: 0, length: 1 }, options);
      body.body.destroy();
      return total;
    } catch (error) {
      if (isStoreError(error, 'INVALID_RANGE')) return 0;
      throw error;
    }
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    // Some servers refuse a prefix that no key begins with.
    if (!isPrefix(prefix)) return;
    let token: string | undefined;
    do {
      const input = {
        Bucket: this.#bucket.name,
        Prefix: prefix,
        ...(token === undefined
          ? { StartAfter: options.startAfter }
          : { ContinuationToken: token }),
      };
      const page = await this.#bucket.call(prefix, options, (o) =>
        this.#bucket.client.send(new ListObjectsV2Command(input), o),
      );
      // An answer without a body is no empty list, and one that does not say where it goes on is no end.
      const { IsTruncated, NextContinuationToken } = page;
      if (IsTruncated === undefined || (IsTruncated && !NextContinuationToken)) {
        throw this.#incomplete(prefix);
      }
      for (const { Key, Size } of page.Contents ?? []) {
        // Consoles make empty objects that end in a slash and stand for folders.
        if (Key !== undefined && isKey(Key)) yield { key: Key, bytes: Size ?? 0 };
      }
      token = IsTruncated ? NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) checkKey(key);
    for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
      const batch = keys.slice(at, at + DELETED_AT_ONCE);
      const input = {
        Bucket: this.#bucket.name,
        Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true },
      };
      const { Errors = [] } = await this.#bucket.call(batch[0] ?? '', options, (o) =>
        this.#bucket.client.send(new DeleteObjectsCommand(input), o),
      );
      if (Errors.length > 0) throw deletionError(Errors, this.#bucket.name);
    }
  }

  async putTags(key: string, tags: ObjectTags, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const at = this.#at(key);
    const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await this.#bucket.call(key, options, async (o) => {
      const { client } = this.#bucket;
      if (TagSet.length === 0) await client.send(new DeleteObjectTaggingCommand(at), o);
      else await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } }), o);
    });
  }

  async getTags(key: string, options: CallOptions = {}): Promise<ObjectTags> {
    checkKey(key);
    const { TagSet = [] } = await this.#bucket.call(key, options, (o) =>
      this.#bucket.client.send(new GetObjectTaggingCommand(this.#at(key)), o),
    );
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
  }

  #incomplete(key: string): ObjectStoreError {
    const place = `s3://${this.#bucket.name}/${key}`;
    return new ObjectStoreError('UNAVAILABLE', `${place}: the server's answer is not complete.`);
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket.name, Key: key };
  }

  async #get(key: string, options: CallOptions): Promise<S3Body> {
    checkKey(key);
    const { Body, ContentLength } = await this.#bucket.call(key, options, (o) =>
      this.#bucket.client.send(new GetObjectCommand(this.#at(key)), o),
    );
    return { bucket: this.#bucket.name, key, body: Body as Readable, bytes: ContentLength };
  }

  /** A part of an object, shorter where the object ends, and the size of the whole. */
  async #getPart(
    key: string,
    { offset, length }: ByteRange,
    options: CallOptions,
  ): Promise<{ body: S3Body; total: number }> {
    const input = { ...this.#at(key), Range: `bytes=${offset}-${offset + length - 1}` };
    const {
      Body,
      ContentLength,
      ContentRange = '',
    } = await this.#bucket.call(key, options, (o) =>
      this.#bucket.client.send(new GetObjectCommand(input), o),
    );
    const body = { bucket: this.#bucket.name, key, body: Body as Readable, bytes: ContentLength };
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange) ?? [];
    if (Number(first) !== offset) {
      body.body.destroy();
      throw this.#incomplete(key);
    }
    return { body, total: Number(total) };
  }
}

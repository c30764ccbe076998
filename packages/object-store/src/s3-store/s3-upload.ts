import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  NoSuchUpload,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Attempts } from '../attempts.ts';
import { exactly, type StreamBody } from '../body.ts';
import { ObjectStoreError } from '../errors.ts';
import type { CallOptions } from '../object-store.ts';
import type { S3Bucket } from './s3-bucket.ts';

const MIB = 1024 * 1024;
/** Up to here one request sends the whole body, piece by piece. */
const MULTIPART_ABOVE_BYTES = 64 * MIB;
/** Held in memory until it is stored, so that it can be sent again; so many at once. S3's least. */
const PART_BYTES = 5 * MIB;
const PARTS_AT_ONCE = 2;
/** S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;
/** A part that fails is sent again before the whole upload is given up. */
const PART_POLICY = {
  attempts: 4,
  deadlineMs: Number.POSITIVE_INFINITY,
  baseDelayMs: 100,
  maxDelayMs: 2_000,
  random: Math.random,
};
const CLEANUP_MS = 5_000;
const CLEANUP_ROUNDS = 4;
const CLEANUP_PAUSE_MS = 50;

/** Uploads a body of any length; what memory it takes does not depend on it. */
export async function upload(
  bucket: S3Bucket,
  key: string,
  body: StreamBody,
  options: CallOptions,
): Promise<void> {
  if (body.bytes <= MULTIPART_ABOVE_BYTES) await putWhole(bucket, key, body, options);
  else await putParts(bucket, key, body, options);
}

async function putWhole(
  bucket: S3Bucket,
  key: string,
  body: StreamBody,
  { signal }: CallOptions,
): Promise<void> {
  // The SDK does not see its source fail, so a failing source cuts off the request.
  const source = new AbortController();
  let broken: unknown;
  const pieces = async function* () {
    try {
      yield* exactly(body, key);
    } catch (error) {
      broken = error;
      source.abort(error);
      throw error;
    }
  };
  const cut = signal ? AbortSignal.any([signal, source.signal]) : source.signal;
  try {
    await bucket.call(key, { signal: cut }, async (options) => {
      const readable = Readable.from(pieces(), { objectMode: false }).on('error', () => undefined);
      try {
        const input = { Bucket: bucket.name, Key: key, ContentLength: body.bytes };
        await bucket.client.send(new PutObjectCommand({ ...input, Body: readable }), options);
      } finally {
        readable.destroy();
      }
    });
  } catch (error) {
    throw broken ?? error;
  }
}

async function putParts(
  bucket: S3Bucket,
  key: string,
  body: StreamBody,
  options: CallOptions,
): Promise<void> {
  const object = { Bucket: bucket.name, Key: key };
  const { UploadId } = await bucket.call(key, options, (o) =>
    bucket.client.send(
      new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'CRC32' }),
      o,
    ),
  );
  if (UploadId === undefined) {
    throw new ObjectStoreError('UNAVAILABLE', `s3://${bucket.name}/${key}: no upload was begun.`);
  }
  const target = { ...object, UploadId };
  try {
    const Parts = await sendParts(bucket, target, body, options);
    await bucket.call(key, options, (o) =>
      bucket.client.send(
        new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }),
        o,
      ),
    );
  } catch (error) {
    await abandon(bucket, target);
    throw error;
  }
}

type Target = { readonly Bucket: string; readonly Key: string; readonly UploadId: string };

/** A few at a time, each taking the next part when it has stored one. Settles when all have ended. */
async function sendParts(
  bucket: S3Bucket,
  target: Target,
  body: StreamBody,
  { signal }: CallOptions,
): Promise<CompletedPart[]> {
  const failed = new AbortController();
  const options = { signal: signal ? AbortSignal.any([signal, failed.signal]) : failed.signal };
  const free: Buffer[] = [];
  const parts = partsOf(body, target.Key, free);
  const sent: CompletedPart[] = [];
  let first: { error: unknown } | undefined;
  const sender = async () => {
    try {
      for await (const { number, content, buffer } of { [Symbol.asyncIterator]: () => parts }) {
        sent[number - 1] = await sendPart(bucket, target, number, content, options);
        free.push(buffer);
      }
    } catch (error) {
      first ??= { error };
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sender));
  if (first) throw first.error;
  return sent;
}

async function sendPart(
  bucket: S3Bucket,
  target: Target,
  PartNumber: number,
  Body: Uint8Array,
  options: CallOptions,
): Promise<CompletedPart> {
  const attempts = new Attempts(PART_POLICY, target.Key, options.signal);
  const { ETag, ChecksumCRC32 } = await attempts.run(() =>
    bucket.call(target.Key, options, (o) =>
      bucket.client.send(new UploadPartCommand({ ...target, PartNumber, Body }), o),
    ),
  );
  return { PartNumber, ETag, ChecksumCRC32 };
}

interface Part {
  readonly number: number;
  readonly content: Uint8Array;
  /** Where the content lies; it is free again when the part is stored. */
  readonly buffer: Buffer;
}

/**
 * Cuts a body into parts of one size; the last may be shorter.
 *
 * @param free buffers to use again: new ones for each part would pile up until they are collected.
 */
async function* partsOf(body: StreamBody, key: string, free: Buffer[]): AsyncGenerator<Part> {
  const bytes = Math.max(PART_BYTES, Math.ceil(body.bytes / MAX_PARTS));
  const take = (): Buffer => free.pop() ?? Buffer.allocUnsafeSlow(bytes);
  let number = 1;
  let buffer = take();
  let filled = 0;
  for await (const chunk of exactly(body, key)) {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + bytes - filled);
      buffer.set(piece, filled);
      at += piece.byteLength;
      filled += piece.byteLength;
      if (filled === bytes) {
        yield { number: number++, content: buffer, buffer };
        buffer = take();
        filled = 0;
      }
    }
  }
  if (filled > 0) yield { number, content: buffer.subarray(0, filled), buffer };
}

/**
 * Frees what was stored of an upload that failed. A part that was under way may still arrive after
 * an abort, so it is repeated until the upload is gone
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html). The caller cannot
 * cancel it. When it fails, or the process dies, the bucket's lifecycle rule for incomplete uploads
 * is left to do it.
 */
async function abandon(bucket: S3Bucket, target: Target): Promise<void> {
  const options = { abortSignal: AbortSignal.timeout(CLEANUP_MS) };
  for (let round = 0; round < CLEANUP_ROUNDS; round++) {
    try {
      await bucket.client.send(new AbortMultipartUploadCommand(target), options);
    } catch (error) {
      if (error instanceof NoSuchUpload || options.abortSignal.aborted) return;
    }
    await delay(round * CLEANUP_PAUSE_MS);
  }
}

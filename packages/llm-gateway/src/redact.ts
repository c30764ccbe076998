const MASK = Buffer.from('[redacted]');

/**
 * Replaces `secret` in a byte stream, also where it is split over chunks. A chunk goes on at once,
 * but for an end that could be the secret's beginning, so that streamed replies are not delayed.
 */
export function redacting(secret: string): TransformStream<Uint8Array, Uint8Array> {
  const needle = Buffer.from(secret);
  let held = Buffer.alloc(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = replaceAll(Buffer.concat([held, chunk]), needle);
      const end = bytes.length - partialMatch(bytes, needle);
      held = bytes.subarray(end);
      if (end > 0) controller.enqueue(bytes.subarray(0, end));
    },
    flush(controller) {
      if (held.length > 0) controller.enqueue(held);
    },
  });
}

function replaceAll(bytes: Buffer<ArrayBuffer>, needle: Buffer): Buffer<ArrayBuffer> {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, from)) {
    parts.push(bytes.subarray(from, at), MASK);
    from = at + needle.length;
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

/** How many bytes at the end of `bytes` are the beginning of `needle`. */
function partialMatch(bytes: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(-length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}

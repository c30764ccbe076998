const MASK = Buffer.from('[redacted]');

/** Replaces every `secret` in a whole body. */
export function redact(bytes: Buffer, secret: string): Buffer {
  const needle = Buffer.from(secret);
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, from)) {
    parts.push(bytes.subarray(from, at), MASK);
    from = at + needle.length;
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

/**
 * Replaces `secret` in a byte stream, also where it is split over chunks. A chunk goes on at once,
 * but for an end that could be the secret's beginning, so that streamed replies are not delayed.
 */
export async function* redactStream(
  chunks: AsyncIterable<Buffer>,
  secret: string,
): AsyncGenerator<Buffer> {
  const needle = Buffer.from(secret);
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = redact(Buffer.concat([held, chunk]), secret);
    const end = bytes.length - partialMatch(bytes, needle);
    held = bytes.subarray(end);
    if (end > 0) yield bytes.subarray(0, end);
  }
  if (held.length > 0) yield held;
}

/** How many bytes at the end of `bytes` are the beginning of `needle`. */
function partialMatch(bytes: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(-length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}

import type { UpstreamReply } from './upstream.ts';

/** Gemini says it in the body, and not in a header: google.rpc.RetryInfo. */
const retryDelay = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/;

/**
 * How long a provider asks to wait, in milliseconds; null when it does not say, or not in a way that
 * anybody understands.
 *
 * @param body of the reply, as text.
 * @example
 * toldToWait({ status: 429, headers: { 'retry-after': '7' }, body: Buffer.alloc(0) }, ''); // 7000
 */
export function toldToWait({ headers }: UpstreamReply, body: string): number | null {
  const milliseconds = Number(headers['retry-after-ms'] || Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const told = headers['retry-after'] ?? retryDelay.exec(body)?.[1];
  if (told === undefined) return null;
  if (/^\d+(\.\d+)?$/.test(told)) return Number(told) * 1000;
  // Something like -5 would pass for a year.
  const until = /[A-Za-z]/.test(told) ? Date.parse(told) : Number.NaN;
  return Number.isNaN(until) ? null : Math.max(0, until - Date.now());
}

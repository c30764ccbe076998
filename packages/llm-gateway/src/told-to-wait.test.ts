import { expect, test, vi } from 'vitest';
import { toldToWait } from './told-to-wait.ts';

const told = (headers: Record<string, string>, body = '') =>
  toldToWait({ status: 429, headers, body: Buffer.from(body) }, body);

test.each([
  [{}, null],
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': '86400' }, 86_400_000],
  [{ 'retry-after': '-5' }, null],
  [{ 'retry-after': '' }, null],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': 'Wed, 21 Oct 2015 07:29:00 GMT' }, 60_000],
  [{ 'retry-after': 'Wed, 21 Oct 2015 07:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
  [{ 'retry-after-ms': '', 'retry-after': '1' }, 1_000],
  [{ 'retry-after-ms': '-1', 'retry-after': '1' }, 1_000],
  [{ 'retry-after-ms': 'Infinity', 'retry-after': '1' }, 1_000],
])('%j asks for %j', (headers, milliseconds) => {
  vi.useFakeTimers({ now: Date.parse('Wed, 21 Oct 2015 07:28:00 GMT') });
  expect(told(headers as Record<string, string>)).toBe(milliseconds);
  vi.useRealTimers();
});

test('what Gemini says in the body counts where no header says it', () => {
  const body = '[{"error": {"details": [{"retryDelay": "37.5s"}]}}]';
  expect(told({}, body)).toBe(37_500);
  expect(told({ 'retry-after': '1' }, body)).toBe(1_000);
});

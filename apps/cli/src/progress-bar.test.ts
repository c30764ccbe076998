import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { ProgressBar, renderBar } from './progress-bar.ts';

it.each([
  [0, 2_000_000, '[                              ]   0 %  0.0 of 2.0 MB'],
  [1_000_000, 2_000_000, '[===============               ]  50 %  1.0 of 2.0 MB'],
  [0, 0, '[==============================] 100 %  0.0 of 0.0 MB'],
])('shows %d of %d bytes', (done, total, line) => {
  expect(renderBar(done, total)).toBe(line);
});

it('keeps to the width of its terminal', () => {
  const narrow = { isTTY: true, columns: 20 };
  const terminal = Object.assign(new PassThrough({ encoding: 'utf8' }), narrow);
  new ProgressBar(terminal).show(1_000_000, 2_000_000);
  expect(terminal.read()).toBe('\r[===============   ');
});

it('writes to a terminal only, and nothing twice', () => {
  const file = new PassThrough({ encoding: 'utf8' });
  new ProgressBar(file).show(1, 2);
  expect(file.read()).toBeNull();

  const terminal = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true });
  const bar = new ProgressBar(terminal);
  bar.show(0, 100);
  bar.show(0, 100);
  bar.clear();
  bar.clear();
  expect(terminal.read()).toBe(`\r${renderBar(0, 100)}\r\u001b[K`);
});

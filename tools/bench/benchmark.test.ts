import { describe, expect, it } from 'vitest';
import { describeGoal, type Goal, judge } from './benchmark.ts';

function holds(ours: number, goal: Goal, peers: Record<string, number> = { peer: 100 }): boolean {
  return judge({ what: 'commit', unit: 'ms', ours, peers, goal }).holds;
}

describe('judge', () => {
  it('holds a figure to a ratio of its peer, the bound included', () => {
    expect(holds(50, { peer: 'peer', atMost: 0.5 })).toBe(true);
    expect(holds(50.1, { peer: 'peer', atMost: 0.5 })).toBe(false);
    expect(holds(300, { peer: 'peer', atLeast: 3 })).toBe(true);
    expect(holds(299.9, { peer: 'peer', atLeast: 3 })).toBe(false);
  });

  it('holds a figure to an absolute bound whatever the peers did', () => {
    expect(holds(150, { atMost: 150 })).toBe(true);
    expect(holds(151, { atMost: 150 })).toBe(false);
    expect(holds(2, { atLeast: 2 })).toBe(true);
    expect(holds(1, { atLeast: 2 })).toBe(false);
  });

  it('judges by the named peer, not by another', () => {
    const peers = { fast: 1, slow: 1000 };
    expect(holds(10, { peer: 'slow', atMost: 1 }, peers)).toBe(true);
    expect(holds(10, { peer: 'fast', atMost: 1 }, peers)).toBe(false);
  });

  it.each([
    ['ours is not a number', Number.NaN, 100],
    ["the peer's is not a number", 1, Number.NaN],
    ["the peer's is zero", 1, 0],
    ['both are zero', 0, 0],
    ['ours is infinite', Number.POSITIVE_INFINITY, 100],
  ])('never holds when %s', (_, ours, peer) => {
    expect(holds(ours, { peer: 'peer', atMost: 10 }, { peer })).toBe(false);
    expect(holds(ours, { peer: 'peer', atLeast: 0 }, { peer })).toBe(false);
  });

  it('refuses a goal whose peer was not measured', () => {
    expect(() => holds(1, { peer: 'rclone', atMost: 1 })).toThrow(/rclone/);
  });
});

describe('describeGoal', () => {
  it('names the bound and the peer', () => {
    expect(describeGoal({ peer: 's5cmd', atMost: 0.05 }, 'ms')).toBe('≤ 1/20 × s5cmd');
    expect(describeGoal({ atLeast: 2 }, 'MB/s')).toBe('≥ 2 MB/s');
  });
});

import { describe, expect, test } from 'vitest';
import { Progress } from './oracle.js';
import { scheduleOf } from './schedule.js';
import { commitOfView, reportedCommits, wholeView } from './tree.js';

describe('the oracle of commits', () => {
  test('takes reports that follow one another, and nothing from runs that do not count', () => {
    const progress = new Progress(1);
    expect(progress.see({ commits: [2, 3], completed: 'yes' })).toBeUndefined();
    expect(progress.see({ commits: [4, 5], completed: 'no' })).toBeUndefined();
    expect(progress.see({ commits: [4, 5, 6], completed: 'yes' })).toBeUndefined();
    expect(progress.mayBeAt(6)).toBe(true);
  });

  test('sees a lost commit, and one that was built twice', () => {
    expect(new Progress(1).see({ commits: [3], completed: 'yes' })?.kind).toBe('lost');
    expect(new Progress(1).see({ commits: [2, 4], completed: 'yes' })?.kind).toBe('lost');
    expect(new Progress(3).see({ commits: [3, 4], completed: 'yes' })?.kind).toBe('doubled');
  });

  test('allows for a run that was killed when its work was done, until the next one tells', () => {
    for (const next of [[2, 3, 4], [4]]) {
      const progress = new Progress(1);
      progress.see({ commits: [2, 3], completed: 'maybe' });
      expect(progress.see({ commits: next, completed: 'yes' })).toBeUndefined();
      expect(progress.see({ commits: [2, 3], completed: 'yes' })?.kind).toBe('doubled');
    }
  });
});

test('a view of a tree tells the whole commit from a mixture, a torn file and one that is missing', () => {
  expect(commitOfView(wholeView(17))).toBe(17);
  for (const view of ['780x17,20x16,17', '799x17,17', '800x17,16', '']) expect(commitOfView(view)).toBeUndefined();
});

test('the commits that a report names, in the order of their numbers', () => {
  const file = (name: string): string => `\t\t<FullName>${name}</FullName>\n`;
  expect(reportedCommits(['c10', 'c9', 'lib/f21', 'c11'].map(file).join(''))).toEqual([9, 10, 11]);
});

test('a seed gives the same schedule each time', () => {
  expect(scheduleOf(7, 'git')).toEqual(scheduleOf(7, 'git'));
  expect(scheduleOf(7, 'git')).not.toEqual(scheduleOf(8, 'git'));
});

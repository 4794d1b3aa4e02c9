import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBuildName, isReservedStage, isStageName } from '../../src/config/names.js';

describe('build names', () => {
  it.each(['gcc', 'GCC', 'gcc-12.3', 'c++', '9front', 'a', 'x'.repeat(64), 'a.lockx', 'locked', 'tmp'])(
    'has %j',
    (name) => {
      expect(isBuildName(name)).toBe(true);
    },
  );

  it.each([
    '',
    '.',
    '..',
    '.gcc',
    '-gcc',
    'gcc.',
    'a b',
    'a/b',
    'ä',
    'gcc\n',
    'x'.repeat(65),
    'gcc.tmp',
    'gcc.lock',
    'gcc.LOCK',
    'gcc.lockdir',
    'gcc.pid',
    'gcc.excl',
  ])('has not %j', (name) => {
    expect(isBuildName(name)).toBe(false);
  });
});

describe('stage names', () => {
  it.each(['build', 'test-fast', 'a_1', 'update', 'running', 'x'.repeat(32)])('has %j', (name) => {
    expect(isStageName(name)).toBe(true);
  });

  it.each(['', 'Build', '1st', 'a.b', 'a/b', '../x', 'a\0', 'build\n', 'x'.repeat(33)])('has not %j', (name) => {
    expect(isStageName(name)).toBe(false);
  });

  it('keeps running and update for stagelock itself', () => {
    expect(['running', 'update', 'build'].filter(isReservedStage)).toEqual(['running', 'update']);
  });
});

it('no accepted name leaves its directory or hides in it', () => {
  const part = fc.constantFrom(
    'a',
    'Z',
    '0',
    '.',
    '..',
    '/',
    '\\',
    '\0',
    '\n',
    '-',
    '_',
    '+',
    '.lock',
    '.tmp',
    ' ',
    'é',
  );
  const name = fc.oneof(fc.string({ unit: part, maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 3 }));
  let accepted = 0;
  fc.assert(
    fc.property(name, (candidate) => {
      if (!isBuildName(candidate) && !isStageName(candidate)) return;
      accepted++;
      expect(candidate).not.toMatch(/[/\\\0\s]|^\.|^$|\.(tmp|lock)$/);
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(20);
});

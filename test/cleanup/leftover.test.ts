import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasStem, recognise } from '../../src/cleanup/leftover.js';
import { planCompile } from '../../src/compile/plan.js';
import { readResponseFile } from '../../src/compile/response-file.js';
import { uniqueNow } from '../../src/compile/temporary.js';

describe('what a name says', () => {
  test.each([
    ['main.o.lockdir', { kind: 'lock', lock: 'lockdir', target: 'main.o' }],
    ['main.o.lock.excl', { kind: 'lock', lock: 'cifs', target: 'main.o' }],
    ['main.o.lock.pid', { kind: 'lock', lock: 'flock-fallback', target: 'main.o' }],
    ['main.o.lock', { kind: 'base', target: 'main.o' }],
    ['main.o.4711.0123456789abcdef.tmp', { kind: 'product', target: 'main.o', pid: 4711, ours: true }],
    // bash's $RANDOM, and the four digits of the original in Python
    ['main.o.4711.32767.tmp', { kind: 'product', target: 'main.o', pid: 4711, ours: false }],
    ['main.o.4711.be1f.tmp', { kind: 'product', target: 'main.o', pid: 4711, ours: false }],
    ['a\nb.o.4711.1.tmp', { kind: 'product', target: 'a\nb.o', pid: 4711, ours: false }],
    ['main.tmp-4711-0123456789abcdef', { kind: 'launched', stem: 'main', pid: 4711 }],
    ['main.cc.tmp-4711-0123456789abcdef.o', { kind: 'launched', stem: 'main.cc', pid: 4711 }],
    ['main.tmp-4711-0123456789abcdef-main.dwo', { kind: 'launched', stem: 'main', pid: 4711 }],
    ['.4711.0123456789abcdef.tmp', { kind: 'passing', pid: 4711 }],
    ['main.o.lockdir.4711.0123456789abcdef.tmp', { kind: 'passing', pid: 4711 }],
    ['main.o.lock.excl.4711.0123456789abcdef.tmp', { kind: 'passing', pid: 4711 }],
    ['main.o.lock.pid.4711.0123456789abcdef.tmp', { kind: 'passing', pid: 4711 }],
  ])('%j', (name, expected) => {
    expect(recognise(name)).toEqual(expected);
  });

  test.each([
    'main.o',
    '.lockdir',
    '.lock',
    '.lock.excl',
    '.lock-strategy',
    'package.lock.json',
    'main.o.lockdirs',
    'main.o.tmp',
    'main.o.4711.tmp',
    '.4711.123.tmp',
    'main.o.lockdir.4711.123.tmp',
    'main.o.0123456789abcdef.4711.tmp',
    'main.o.4711.0123456789ABCDEF.tmp',
    'main.o.4711.0123456789abcde.tmp',
    'main.o.12345678901.1.tmp',
    'main.tmp-4711-123',
    'main.tmp-4711-0123456789abcdef0',
    '.tmp-4711-0123456789abcdef',
    'report.2026.final.tmp',
  ])('%j is no leftover', (name) => {
    expect(recognise(name)).toBeUndefined();
  });

  test('every temporary that a compile makes is recognised, with its target and its process', () => {
    const names = fc
      .string({ minLength: 1, unit: 'binary' })
      .filter((name) => !/[/\0]/.test(name) && !/^[-@]/.test(name));
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 4_194_304 }), (target, pid) => {
        fc.pre(!/\.(?:lockdir|lock\.excl|lock\.pid)$/.test(target));
        expect(
          recognise(planCompile({ command: ['cc'], target }, { ...uniqueNow(), pid }, readResponseFile).temporary),
        ).toEqual({
          kind: 'product',
          target,
          pid,
          ours: true,
        });
      }),
    );
  });

  test('a stem covers its own name and its endings, and no longer name', () => {
    expect(['main', 'main.o', 'main.cc.o', 'mainly.o', 'mai'].filter((target) => hasStem(target, 'main'))).toEqual([
      'main',
      'main.o',
      'main.cc.o',
    ]);
  });
});

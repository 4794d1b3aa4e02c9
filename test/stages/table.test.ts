import { describe, expect, test } from 'vitest';
import { mayBegin, mayJoin, mayUpdate, type Roster } from '../../src/stages/roster.js';

const roster = (marks: Partial<Roster> = {}): Roster => ({ running: false, update: false, secondaries: [], ...marks });

describe('the table of the shared source protocol', () => {
  test('a primary begins where nothing runs', () => {
    expect(mayBegin(roster())).toEqual({ kind: 'go' });
  });

  test('a primary does not begin beside another run of it', () => {
    expect(mayBegin(roster({ running: true, update: true }))).toEqual({ kind: 'blocked', by: ['running', 'update'] });
  });

  test('half of what a dead run left is enough to keep a primary from beginning', () => {
    expect(mayBegin(roster({ running: true }))).toEqual({ kind: 'blocked', by: ['running'] });
    expect(mayBegin(roster({ update: true }))).toEqual({ kind: 'blocked', by: ['update'] });
  });

  test('a primary begins while secondaries are building, since only its update concerns them', () => {
    expect(mayBegin(roster({ secondaries: ['clang'] }))).toEqual({ kind: 'go' });
  });

  test('a primary updates when no secondary is between join and leave', () => {
    expect(mayUpdate(roster({ running: true, update: true }))).toEqual({ kind: 'go' });
  });

  test('a primary does not update while secondaries are building, and knows which', () => {
    const blocked = mayUpdate(roster({ update: true, secondaries: ['clang', 'gcc-4.2'] }));
    expect(blocked).toEqual({ kind: 'blocked', by: ['running.clang', 'running.gcc-4.2'] });
  });

  test('a secondary joins while its primary builds', () => {
    expect(mayJoin(roster({ running: true }), 'clang')).toEqual({ kind: 'go' });
  });

  test('a secondary joins beside other secondaries', () => {
    expect(mayJoin(roster({ secondaries: ['gcc'] }), 'clang')).toEqual({ kind: 'go' });
  });

  test('a secondary does not join during an update, nor while one is only claimed', () => {
    expect(mayJoin(roster({ running: true, update: true }), 'clang')).toEqual({ kind: 'blocked', by: ['update'] });
    expect(mayJoin(roster({ update: true, secondaries: ['gcc'] }), 'clang')).toEqual({
      kind: 'blocked',
      by: ['update'],
    });
  });

  test('a secondary does not join twice: its own mark outweighs an update, because waiting does not mend it', () => {
    const blocked = mayJoin(roster({ update: true, secondaries: ['clang'] }), 'clang');
    expect(blocked).toEqual({ kind: 'blocked', by: ['running.clang'] });
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cursorFile, moveCursor, readCursor, startCursor } from '../../src/updates/cursor.js';
import { temporaryDirectory } from './repository.js';

describe('a cursor', () => {
  it('starts at the present without a completed run, and moves when one completes', () => {
    const primary = temporaryDirectory();
    expect(readCursor(primary, 'clang')).toEqual({ kind: 'none' });
    const joined = startCursor(primary, 'clang', 7);
    expect(joined).toEqual({ format: 1, record: 7, completed: false });
    expect(readCursor(primary, 'clang')).toEqual({ kind: 'cursor', cursor: joined });
    moveCursor(primary, 'clang', 9);
    expect(readCursor(primary, 'clang')).toEqual({
      kind: 'cursor',
      cursor: { format: 1, record: 9, completed: true },
    });
    expect(readCursor(primary, 'gcc')).toEqual({ kind: 'none' });
  });

  it('is one file that a person can read, and nothing beside it', () => {
    const primary = temporaryDirectory();
    startCursor(primary, 'a.b+c-d_1', 1);
    const directory = join(primary, 'Testing/Updates/cursors');
    expect(readdirSync(directory)).toEqual(['a.b+c-d_1.json']);
    expect(JSON.parse(readFileSync(join(directory, 'a.b+c-d_1.json'), 'utf8'))).toMatchObject({ record: 1 });
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"format":2,"record":1,"completed":true}',
    '{"format":1,"record":-1,"completed":true}',
    '{"format":1,"record":1.5,"completed":true}',
    '{"format":1,"record":1}',
  ])('that reads %j is reported with its file', (text) => {
    const primary = temporaryDirectory();
    const file = cursorFile(primary, 'gcc');
    moveCursor(primary, 'gcc', 1);
    writeFileSync(file, text);
    expect(readCursor(primary, 'gcc')).toMatchObject({
      kind: 'unreadable',
      file,
      message: expect.stringContaining(file),
    });
  });

  it.each(['', '.', '..', '../x', 'a/b', '/x', '.hidden', '-x', 'a\0', 'a\n', 'x'.repeat(65), 'ü'])(
    'never leaves its directory: %j is no name',
    (name) => {
      const primary = temporaryDirectory();
      for (const use of [() => readCursor(primary, name), () => startCursor(primary, name, 1)]) {
        expect(use).toThrow('not the name of a build');
      }
      expect(readdirSync(primary)).toEqual([]);
    },
  );
});

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adaptToPlace, hasDirectory } from '../../src/compile/place.js';
import { type Plan, planLaunch, planLink } from '../../src/compile/plan.js';
import { readResponseFile, splitWords } from '../../src/compile/response-file.js';
import { COMMAND_LINES, UNIQUE } from './command-lines.js';
import { temporaryDirectory } from './helper.js';

describe('the plan for', () => {
  test.each(COMMAND_LINES.map((line) => [line.about, line.argv.join(' '), line] as const))(
    '%s: %s',
    (_about, _argv, { argv, target, files = {}, plan }) => {
      const read = (path: string) =>
        files[path] === undefined ? { kind: 'absent' as const } : { kind: 'text' as const, text: files[path] };
      const got = target === undefined ? planLaunch(argv, UNIQUE, read) : planLink(argv, target, UNIQUE, read);
      expect(got).toEqual(plan);
    },
  );

  test('a response file with -o that is too long for a command line', () => {
    const text = `-o prog ${'object.o '.repeat(5000)}`;
    const plan = planLaunch(['gcc', '@all'], UNIQUE, () => ({ kind: 'text', text }));
    expect(plan).toEqual({ kind: 'locked', target: 'prog', why: 'its response file is too long to be replaced' });
  });

  test('a response file that cannot be looked through', () => {
    const read = () => ({ kind: 'opaque' as const });
    const locked = { kind: 'locked', why: 'a response file cannot be read' };
    expect(planLaunch(['gcc', '@pipe', '-o', 'prog'], UNIQUE, read)).toEqual({ ...locked, target: 'prog' });
    expect(planLaunch(['ar', 'rcs', 'x.a', '@pipe'], UNIQUE, read)).toEqual({ ...locked, target: 'x.a' });
    expect(planLaunch(['gcc', '@pipe', '-c', 'a.c'], UNIQUE, read).kind).toBe('unchanged');
  });
});

describe('a response file', () => {
  test.each([
    ['', []],
    [' \n a\tb\r\n', ['a', 'b']],
    [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [`'it\\'s' "\\"" \\\\`, ["it's", '"', '\\']],
    ['a\0b', ['a']],
  ])('%j holds the words %j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test('is read from the disk, if it is a regular file of a reasonable size', () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'args');
    expect(readResponseFile(file)).toEqual({ kind: 'absent' });
    writeFileSync(file, '-c ü.c');
    expect(readResponseFile(file)).toEqual({ kind: 'text', text: '-c ü.c' });
    writeFileSync(file, ' '.repeat((1 << 20) + 1));
    expect(readResponseFile(file)).toEqual({ kind: 'opaque' });
    expect(readResponseFile(directory)).toEqual({ kind: 'opaque' });
  });
});

describe('what stands in the place of the output', () => {
  const redirected = (target: string, seeded = false): Plan => {
    return { kind: 'redirected', argv: ['x'], target, temporary: `${target}.tmp`, seeded };
  };

  test('is not replaced where it is no regular file', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'd'));
    symlinkSync('/dev/null', join(directory, 'null'));
    for (const path of ['/dev/null', join(directory, 'd'), join(directory, 'null')]) {
      expect(adaptToPlace(redirected(path), ['gcc', '-c', 'a.c', '-o', path], {}).kind).toBe('unchanged');
      expect(adaptToPlace({ kind: 'locked', target: path, why: '' }, ['gcc'], {}).kind).toBe('unchanged');
    }
    expect(hasDirectory(join(directory, 'no', 'a.o'))).toBe(false);
    expect(hasDirectory('a.o')).toBe(true);
  });

  test('is kept where it is a link that the tool writes through', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'filled'), 'x');
    symlinkSync('filled', join(directory, 'link'));
    symlinkSync('nowhere', join(directory, 'dangling'));
    const at = (name: string) => join(directory, name);
    const adapted = (command: string, name: string) => adaptToPlace(redirected(at(name)), [command, '-c', 'a.c'], {});
    expect(adapted('gcc', 'link')).toEqual(redirected(at('link')));
    expect(adapted('gcc', 'dangling')).toMatchObject({ kind: 'redirected', destination: at('nowhere') });
    expect(adapted('clang', 'dangling')).toEqual(redirected(at('dangling')));
    expect(adapted('cc', 'dangling').kind).toBe('locked');
    const archive = adaptToPlace(redirected(at('link'), true), ['ar', 'rcs', 'link', 'a.o'], {});
    expect(archive).toMatchObject({ kind: 'redirected', destination: at('filled') });
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HAS_AR, HAS_CC, helper, leftIn, pidIn, runs, script, start, temporaryDirectory } from './helper.js';

const LAUNCH = ['launch', '--strategy=lockdir', '--'];
/** Writes what its -o names, as a compiler does. */
const PRODUCER = 'while [ "$1" != -o ]; do shift; done; printf product > "$2"';

describe('launch', () => {
  test('has the command write a temporary and renames it', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', `printf '%s\\n' "$@" > arguments; ls -d out/* > seen; ${PRODUCER}`);
    mkdirSync(join(directory, 'out'));
    expect(await helper([...LAUNCH, produce, '-c', 'a.c', '-o', 'out/a.o'], { cwd: directory })).toEqual({
      end: 0,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(join(directory, 'arguments'), 'utf8')).toMatch(
      /^-c\na\.c\n-o\nout\/a\.tmp-\d+-[0-9a-f]{16}\n$/,
    );
    expect(readFileSync(join(directory, 'seen'), 'utf8')).toBe('out/a.o.lockdir\n');
    expect(readFileSync(join(directory, 'out', 'a.o'), 'utf8')).toBe('product');
    expect(leftIn(join(directory, 'out'))).toEqual(['a.o']);
  });

  test.each([
    ['fails before it writes one', 'exit 3', 3, 'old'],
    ['fails after it has removed the old one', 'rm -f "$last"; exit 3', 3, undefined],
    ['fails half-way', `${PRODUCER}; exit 3`, 3, undefined],
    ['dies of a signal before it writes one', 'kill -SEGV $$', 139, 'old'],
    ['dies of a signal half-way', `${PRODUCER}; kill -SEGV $$`, 139, undefined],
    ['succeeds without an output', 'exit 0', 0, 'old'],
  ])(
    'keeps the old output of a command, or removes it, as that does itself: it %s',
    async (_what, text, code, left) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'a.o'), 'old');
      const produce = script(directory, 'produce', text);
      const ended = await helper([...LAUNCH, produce, '-c', 'a.c', '-o', 'a.o'], { cwd: directory });
      expect(ended).toEqual({ end: code, stdout: '', stderr: '' });
      const path = join(directory, 'a.o');
      expect(existsSync(path) ? readFileSync(path, 'utf8') : undefined).toBe(left);
      expect(leftIn(directory, 'a.o', 'produce')).toEqual([]);
    },
  );

  test('runs what it does not know as a compiler as it is, under the lock, unless it is told to', async () => {
    const directory = temporaryDirectory();
    const generate = script(directory, 'generate', 'ls -d *.lockdir; echo "$last"; : > "$last"');
    const argv = [...LAUNCH, generate, 'a.ui', '-o', 'ui.h'];
    expect((await helper(argv, { cwd: directory })).stdout).toBe('ui.h.lockdir\nui.h\n');
    for (const names of ['moc generate', '*']) {
      const env = { ...process.env, CT_LOCK_COMPILERS: names };
      expect((await helper(argv, { cwd: directory, env })).stdout).toMatch(/^ui\.h\.lockdir\nui\.h\.\d+\.\w+\.tmp\n$/);
    }
    const env = { ...process.env, CT_LOCK_COMPILERS: 'moc uic', CT_LOCK_VERBOSE: '1' };
    expect((await helper(argv, { cwd: directory, env })).stderr).toBe(
      'ct-lock-helper: ui.h is locked, but written in place: it is not known as a compiler; CT_LOCK_COMPILERS can name it\n',
    );
    expect(leftIn(directory, 'generate', 'ui.h')).toEqual([]);
  });

  test('runs what is no compile without a lock, with its input and output', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'ls -d *.lock* 2> /dev/null; echo "$@"; echo said >&2; exit 7');
    expect(await helper([...LAUNCH, produce, '-E', 'a.c', '-o', 'a.i'], { cwd: directory })).toEqual({
      end: 7,
      stdout: '-E a.c -o a.i\n',
      stderr: 'said\n',
    });
  });

  test('leaves it to the command to say that a directory is missing', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'echo "no such directory" >&2; exit 1');
    const ended = await helper([...LAUNCH, produce, '-c', 'a.c', '-o', 'no/a.o'], { cwd: directory });
    expect(ended).toEqual({ end: 1, stdout: '', stderr: 'no such directory\n' });
  });

  test.each(['launch', 'link --target=TARGET'])('%s replaces no device, pipe or directory', async (verb) => {
    const directory = temporaryDirectory();
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    mkdirSync(join(directory, 'directory'));
    symlinkSync('/dev/null', join(directory, 'null'));
    const tell = script(directory, 'tell', 'echo "$last"');
    for (const target of ['pipe', 'directory', 'null']) {
      const words = verb.replace('TARGET', target).split(' ');
      const ended = await helper([...words, '--', tell, 'a.o', '-o', target], { cwd: directory });
      expect(ended).toEqual({ end: 0, stdout: `${target}\n`, stderr: '' });
    }
    expect(leftIn(directory, 'pipe', 'directory', 'null', 'tell')).toEqual([]);
  });

  test('takes no --target, and wants a command', async () => {
    const ended = await helper(['launch', '--target=a.o', '--', 'true'], { cwd: temporaryDirectory() });
    expect(ended).toMatchObject({ end: 125, stdout: '' });
    expect(ended.stderr).toContain('it finds the target itself');
    expect((await helper(['launch', '--'], { cwd: temporaryDirectory() })).stderr).toContain('belongs after " -- "');
    expect((await helper(['launch', '--', './no-such-compiler', '-v'], { cwd: temporaryDirectory() })).end).toBe(125);
  });

  test('tells with CT_LOCK_VERBOSE why an output is only locked', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce-cc', PRODUCER);
    const argv = [...LAUNCH, produce, '-Wl,-Map=map', 'a.o', '-o', 'prog'];
    expect((await helper(argv, { cwd: directory })).stderr).toBe('');
    const env = { ...process.env, CT_LOCK_VERBOSE: '1' };
    expect((await helper(argv, { cwd: directory, env })).stderr).toBe(
      'ct-lock-helper: prog is locked, but written in place: another file that the linker writes names the output\n',
    );
    expect(readFileSync(join(directory, 'prog'), 'utf8')).toBe('product');
  });

  test.each([
    ['is redirected', []],
    ['is only locked', ['-Wl,-Map=map']],
  ])('ends a command that %s at a signal, with all its processes', async (_what, more) => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce-cc', 'sleep 300 & echo $! > child; echo $$ > self; wait');
    const { child, ended } = start([...LAUNCH, produce, ...more, 'a.o', '-o', 'prog'], { cwd: directory });
    const pids = [await pidIn(join(directory, 'child')), await pidIn(join(directory, 'self'))];
    child.kill('SIGTERM');
    expect(await ended).toEqual({ end: 143, stdout: '', stderr: '' });
    expect(pids.map(runs)).toEqual([false, false]);
    expect(leftIn(directory, 'produce-cc', 'child', 'self')).toEqual([]);
  });

  test('ends a command without a lock at a signal', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'echo $$ > self; exec sleep 300');
    const { child, ended } = start([...LAUNCH, produce, '-E', 'a.c'], { cwd: directory });
    const pid = await pidIn(join(directory, 'self'));
    child.kill('SIGTERM');
    // The native helper has become the command.
    expect([143, 'SIGTERM']).toContain((await ended).end);
    expect(runs(pid)).toBe(false);
  });

  test.skipIf(!HAS_CC)('of one object eight times at once: whole objects only (needs cc)', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'objects'));
    const witnessed = script(
      directory,
      'witnessed',
      'mkdir ../compiling || { echo overlap >> ../overlaps; exit 99; }; cc "$@"; status=$?; rmdir ../compiling; exit $status',
    );
    writeFileSync(join(directory, 'a.c'), 'int a(void) { return 1; }\n');
    const cwd = join(directory, 'objects');
    const all = Array.from({ length: 8 }, () =>
      helper(['launch', '--', witnessed, '-MD', '-c', '../a.c', '-o', 'a.o'], { cwd }),
    );
    expect(await Promise.all(all)).toEqual(Array.from({ length: 8 }, () => ({ end: 0, stdout: '', stderr: '' })));
    expect(existsSync(join(directory, 'overlaps'))).toBe(false);
    expect(readFileSync(join(cwd, 'a.d'), 'utf8')).toMatch(/^a\.o: \.\.\/a\.c/);
    expect(leftIn(cwd, 'a.o', 'a.d', 'a.o.lock')).toEqual([]);
  });
});

describe('link', () => {
  test.each([['-o', 'prog'], ['-oprog'], ['--output=prog'], ['--output', './prog']])(
    'recognises its target in %s %s',
    async (...words) => {
      const directory = temporaryDirectory();
      const produce = script(
        directory,
        'produce',
        'path=$(printf %s "$last" | sed "s/^--output=//; s/^-o//"); echo "$path" > name; printf product > "$path"',
      );
      const argv = ['link', '--target=prog', '--strategy=lockdir', '--', produce, 'a.o', ...words];
      expect(await helper(argv, { cwd: directory })).toEqual({ end: 0, stdout: '', stderr: '' });
      expect(readFileSync(join(directory, 'name'), 'utf8')).toMatch(/^(\.\/)?prog\.\d+\.[0-9a-f]{16}\.tmp\n$/);
      expect(readFileSync(join(directory, 'prog'), 'utf8')).toBe('product');
      expect(leftIn(directory, 'prog', 'name', 'produce')).toEqual([]);
    },
  );

  test('runs unchanged under the lock what does not name its target, and says so when asked', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'ls -d prog.lockdir; echo "$@"; printf product > prog; exit 3');
    const argv = ['link', '--target=prog', '--strategy=lockdir', '--', produce, 'everything'];
    const quiet = { end: 3, stdout: 'prog.lockdir\neverything\n', stderr: '' };
    expect(await helper(argv, { cwd: directory })).toEqual(quiet);
    const env = { ...process.env, CT_LOCK_VERBOSE: '1' };
    expect(await helper(argv, { cwd: directory, env })).toEqual({
      ...quiet,
      stderr: 'ct-lock-helper: prog is locked, but written in place: it names no output\n',
    });
    expect(leftIn(directory, 'produce', 'prog')).toEqual([]);
  });

  test('wants a target', async () => {
    const ended = await helper(['link', '--', 'true'], { cwd: temporaryDirectory() });
    expect(ended).toMatchObject({ end: 125 });
    expect(ended.stderr).toContain('--target=FILE is missing');
  });
});

describe.skipIf(!HAS_CC || !HAS_AR)('an archive (needs cc and ar)', () => {
  /** A directory with objects in it. */
  function objects(...names: string[]): string {
    const directory = temporaryDirectory();
    for (const name of names) {
      writeFileSync(join(directory, `${name}.c`), `int ${name}(void) { return 0; }\n`);
      execFileSync('cc', ['-c', `${name}.c`], { cwd: directory });
    }
    return directory;
  }
  const run = (directory: string, command: string, verb: readonly string[] = LAUNCH) =>
    helper([...verb, ...command.split(' ')], { cwd: directory });
  const bytes = (directory: string, name: string): string => readFileSync(join(directory, name), 'base64');

  test.each([
    ['ar rcsD lib.a a.o b.o', 'ar rsD lib.a c.o'],
    ['ar qcD lib.a a.o b.o', 'ranlib -D lib.a'],
    ['ar rcsD lib.a a.o b.o c.o', 'ar dD lib.a b.o'],
    ['ar rcsD lib.a a.o b.o', 'ar rbD b.o lib.a c.o'],
    ['ar rcsD lib.a a.o b.o c.o', 'ar maD c.o lib.a a.o'],
    ['ar rcsDT lib.a a.o b.o', 'ar rsDT lib.a c.o'],
    ['ar rcSD lib.a a.o b.o', 'ar s lib.a'],
    ['ar rcsD lib.a a.o', 'ar rsD lib.a no.o'],
  ])('is the same as without us: %s, then %s', async (first, second) => {
    const directory = objects('a', 'b', 'c');
    const alone = [first, second].map((command) => {
      const [program = '', ...rest] = command.split(' ');
      try {
        execFileSync(program, rest, { cwd: directory, stdio: 'pipe' });
        return 0;
      } catch {
        return 1;
      }
    });
    const expected = {
      content: bytes(directory, 'lib.a'),
      listed: execFileSync('ar', ['t', 'lib.a'], { cwd: directory }),
    };
    execFileSync('rm', ['lib.a'], { cwd: directory });
    const ends = [await run(directory, first), await run(directory, second)].map(({ end }) => end);
    expect(ends).toEqual(alone);
    expect(bytes(directory, 'lib.a')).toBe(expected.content);
    expect(execFileSync('ar', ['t', 'lib.a'], { cwd: directory })).toEqual(expected.listed);
    expect(leftIn(directory).filter((name) => !/^([abc]\.[co]|lib\.a)$/.test(name))).toEqual([]);
  });

  test('that several add to at once loses nothing and keeps its permissions', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const directory = objects(...names);
    execFileSync('ar', ['rcs', 'lib.a', 'a.o'], { cwd: directory });
    execFileSync('chmod', ['660', 'lib.a'], { cwd: directory });
    const added = names
      .slice(1)
      .map((name) => run(directory, `ar rs lib.a ${name}.o`, ['link', '--target=lib.a', '--']));
    expect((await Promise.all(added)).map(({ end }) => end)).toEqual([0, 0, 0, 0, 0]);
    const listed = execFileSync('ar', ['t', 'lib.a'], { cwd: directory, encoding: 'utf8' }).trim().split('\n');
    expect(listed.sort()).toEqual(names.map((name) => `${name}.o`));
    expect(statSync(join(directory, 'lib.a')).mode & 0o777).toBe(0o660);
  });

  test('that is a symbolic link is changed where it leads, as ar does', async () => {
    const directory = objects('a', 'b');
    mkdirSync(join(directory, 'real'));
    symlinkSync('real/lib.a', join(directory, 'lib.a'));
    execFileSync('ar', ['rcs', 'real/lib.a', 'a.o'], { cwd: directory });
    expect((await run(directory, 'ar rs lib.a b.o')).end).toBe(0);
    expect(execFileSync('ar', ['t', 'real/lib.a'], { cwd: directory, encoding: 'utf8' })).toBe('a.o\nb.o\n');
  });

  test('that is only read is not locked', async () => {
    const directory = objects('a');
    execFileSync('ar', ['rcs', 'lib.a', 'a.o'], { cwd: directory });
    mkdirSync(join(directory, 'lib.a.lockdir'));
    expect(await run(directory, 'ar t lib.a')).toEqual({ end: 0, stdout: 'a.o\n', stderr: '' });
  });
});

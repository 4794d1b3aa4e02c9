import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.js';
import {
  HAS_CC,
  HAS_GCC,
  HAS_MAKE,
  HELPER_WORDS,
  helper,
  LOCK_NAMES,
  leftIn,
  script,
  start,
  temporaryDirectory,
} from './helper.js';

/** C source whose object is large enough to take a moment to write, and differs with the value. */
function source(value: number): string {
  const functions = Array.from({ length: 200 }, (_, i) => `int f${i}(int x) { return x * ${value} + ${i}; }`);
  return `${functions.join('\n')}\n`;
}

describe.skipIf(!HAS_CC)('a real compile (needs cc)', () => {
  test.each(LOCK_NAMES)('gives the object of the plain compiler, by %s', async (strategy) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.c'), source(1));
    execFileSync('cc', ['-c', 'a.c', '-o', 'plain.o'], { cwd: directory });
    const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--', 'cc', '-c', 'a.c'];
    expect(await helper(args, { cwd: directory })).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(directory, 'a.o'))).toEqual(readFileSync(join(directory, 'plain.o')));
    // The lock file of flock and fcntl, and the base file of cifs, stay: removing them would break others' locks.
    const stays = strategy === 'lockdir' ? [] : ['a.o.lock'];
    expect(leftIn(directory, 'a.c', 'a.o', 'plain.o')).toEqual(stays);
  });

  test('that fails keeps the old object and leaves nothing else', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.c'), 'int a(void) { return 1 }\n');
    writeFileSync(join(directory, 'a.o'), 'old');
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--', 'cc', '-c', 'a.c'];
    const { end, stderr } = await helper(args, { cwd: directory });
    expect(end).toBe(1);
    expect(stderr).toContain('a.c:1:');
    expect(stderr).not.toContain('ct-lock-helper');
    expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('old');
    expect(leftIn(directory, 'a.c', 'a.o')).toEqual([]);
  });

  test.each(LOCK_NAMES)(
    'of one object eight times at once: readers only ever see whole objects (%s)',
    async (strategy) => {
      const directory = temporaryDirectory();
      const objects = new Set<string>();
      for (let value = 0; value < 8; value++) {
        writeFileSync(join(directory, `${value}.c`), source(value));
        execFileSync('cc', ['-c', `${value}.c`, '-o', 'plain.o'], { cwd: directory });
        objects.add(readFileSync(join(directory, 'plain.o'), 'base64'));
      }
      // Says so when two compiles of the object overlap, whatever the lock says.
      const witnessed = script(
        directory,
        'witnessed',
        'mkdir ../compiling || { echo overlap >> ../overlaps; exit 99; }; cc "$@"; status=$?; rmdir ../compiling; exit $status',
      );
      mkdirSync(join(directory, 'objects'));
      const target = join(directory, 'objects', 'a.o');
      const running = Array.from({ length: 8 }, (_, value) =>
        helper(['compile', `--target=${target}`, `--strategy=${strategy}`, '--', witnessed, '-c', `../${value}.c`], {
          cwd: join(directory, 'objects'),
        }),
      );
      let over = false;
      const all = Promise.all(running).finally(() => {
        over = true;
      });
      let seen = 0;
      while (!over) {
        const object = readIfThere(target);
        if (object !== undefined) {
          seen++;
          expect(objects.has(object)).toBe(true);
        }
        await sleep(1);
      }
      expect(await all).toEqual(Array.from({ length: 8 }, () => ({ end: 0, stdout: '', stderr: '' })));
      expect(seen).toBeGreaterThan(0);
      expect(readIfThere(join(directory, 'overlaps'))).toBeUndefined();
      expect(leftIn(join(directory, 'objects'), 'a.o', 'a.o.lock')).toEqual([]);
    },
  );

  test.skipIf(!HAS_MAKE)('of a project by make -j4, through CC', async () => {
    const directory = temporaryDirectory();
    const names = ['main', 'one', 'two', 'three', 'four', 'five'];
    for (const name of names.slice(1)) {
      writeFileSync(join(directory, `${name}.c`), `int ${name}(void) { return ${names.indexOf(name)}; }\n`);
    }
    const calls = names.slice(1);
    writeFileSync(
      join(directory, 'main.c'),
      `#include <stdio.h>\n${calls.map((name) => `int ${name}(void);`).join('\n')}
      int main(void) { printf("%d\\n", ${calls.map((name) => `${name}()`).join(' + ')}); return 0; }\n`,
    );
    writeFileSync(
      join(directory, 'Makefile'),
      `CC = ${HELPER_WORDS} compile --target=$@ -- cc
OBJECTS = ${names.map((name) => `${name}.o`).join(' ')}
sum: $(OBJECTS)
\t$(CC) $(OBJECTS)
%.o: %.c
\t$(CC) -c $<
`,
    );
    execFileSync('make', ['-s', '-j4'], { cwd: directory });
    expect(execFileSync(join(directory, 'sum'), { encoding: 'utf8' })).toBe('15\n');
    expect(leftIn(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    // Up to date: the renamed objects are newer than their sources.
    expect(execFileSync('make', ['-j4'], { cwd: directory, encoding: 'utf8' })).toContain('up to date');
  });
});

describe('the product', () => {
  test('has the permissions that the umask gives, and the lock those of a shared one', async () => {
    const directory = temporaryDirectory();
    const modes = (name: string): number => statSync(join(directory, name)).mode & 0o777;
    const produce = script(
      directory,
      'produce',
      ': > "$last"; stat -c %a a.o.lockdir a.o.lockdir/pid > modes 2> /dev/null || true',
    );
    const arguments_ = `compile --target=a.o --strategy=lockdir -- "${produce}"`;
    execFileSync('/bin/sh', ['-c', `umask 077; exec ${HELPER_WORDS} ${arguments_}`], {
      cwd: directory,
    });
    expect(modes('a.o')).toBe(0o600);
    expect(readFileSync(join(directory, 'modes'), 'utf8')).toBe('775\n664\n');
  });

  test('is as executable as the command made it', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', ': > "$last"; chmod 755 "$last"');
    await helper(['compile', '--target=a', '--', produce], { cwd: directory });
    expect(statSync(join(directory, 'a')).mode & 0o111).not.toBe(0);
    chmodSync(join(directory, 'a'), 0o600);
  });

  test('is not put in the place of a device, a pipe or a directory', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', ': > "$last"');
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    symlinkSync('/dev/null', join(directory, 'null'));
    mkdirSync(join(directory, 'd'));
    const reader = spawn('cat', [join(directory, 'pipe')], { stdio: 'ignore' });
    onTestFinished(() => {
      reader.kill('SIGKILL');
    });
    for (const target of ['pipe', 'null']) {
      const written = await helper(['compile', `--target=${target}`, '--', produce], { cwd: directory });
      expect(written).toEqual({ end: 0, stdout: '', stderr: '' });
    }
    expect((await helper(['compile', '--target=d', '--', produce], { cwd: directory })).end).not.toBe(0);
    expect(leftIn(directory, 'produce')).toEqual(['d', 'null', 'pipe']);
  });

  test('is reported when the lock was removed by force meanwhile', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', ': > "$last"; : > begun; while [ -e begun ]; do sleep 0.02; done');
    const { ended } = start(['compile', '--target=a.o', '--strategy=lockdir', '--', produce], { cwd: directory });
    await until('the command begins', () => readIfThere(join(directory, 'begun')) !== undefined);
    rmSync(join(directory, 'a.o.lockdir'), { recursive: true });
    rmSync(join(directory, 'begun'));
    const { end, stderr } = await ended;
    expect(end).toBe(0);
    expect(stderr).toContain('a.o.lockdir: this lock was removed while it was held');
    expect(leftIn(directory, 'produce')).toEqual(['a.o']);
  });
});

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'base64');
  } catch {
    return undefined;
  }
}

describe.skipIf(!HAS_GCC)('compile of a compiler that writes more than its output (needs gcc)', () => {
  test.each([
    ['a dependency file', ['-MD'], 'a.d', /^a\.o: /],
    ['a dependency file of a name of its own', ['-MMD', '-MF', 'b.d'], 'b.d', /^a\.o: /],
    ['the stack usage', ['-fstack-usage'], 'a.su', /main/],
  ])('%s speaks of the target, and stands beside it', async (_, options, side, content) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.c'), 'int main(void) { return 0; }\n');
    const command = ['gcc', ...options, '-c', 'a.c'];
    const { end, stderr } = await helper(['compile', '--strategy=lockdir', '--target=a.o', '--', ...command], {
      cwd: directory,
    });
    expect({ end, stderr }).toEqual({ end: 0, stderr: '' });
    expect(readFileSync(join(directory, side), 'utf8')).toMatch(content);
    expect(readdirSync(directory).sort()).toEqual(['a.c', 'a.o', side].sort());
  });
});

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.js';
import { HAS_CLANG, HAS_GCC, helper, TYPESCRIPT_HELPER, temporaryDirectory } from './helper.js';
import {
  ARE_CERTAIN,
  type Begun,
  begin,
  factsOf,
  type Got,
  oneAfterTheOther,
  SETTLED_MS,
  TAKES,
  TRACES,
  type Wish,
} from './shared-making.js';

const LONG_AGO = new Date('2002-01-31T21:00:00Z');
const COMPILE = ['gcc', '-Wall', '-I', 'first', '-I', 'second', '-c', 'a.c', '-o', 'a.o'];

const SOURCES = {
  'a.c': '#include "a.h"\nint main(void) { int unused; return VALUE; }\n',
  'second/a.h': '#define VALUE 1\n',
};

/** A directory with sources, as `write` leaves them. */
function project(files: Readonly<Record<string, string>> = SOURCES): string {
  // Two directories in which files come and go, one in the other, would leave too little that is certain.
  const directory = join(temporaryDirectory(), 'work');
  for (const name of ['first', 'second']) mkdirSync(join(directory, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** What was got is what a compile makes that nobody else has to do with. */
function expectFresh(directory: string, { code }: Pick<Got, 'code'>, argv: readonly string[] = COMPILE): void {
  const got = existsSync(join(directory, 'a.o')) ? readFileSync(join(directory, 'a.o')) : undefined;
  const [program = '', ...rest] = argv.map((word) => (word === 'a.o' ? 'fresh.o' : word));
  expect(code).toBe(spawnSync(program, rest, { cwd: directory }).status);
  expect(got).toEqual(existsSync(join(directory, 'fresh.o')) ? readFileSync(join(directory, 'fresh.o')) : undefined);
}

describe.skipIf(!TAKES || !HAS_GCC || !ARE_CERTAIN)('what the holder has made (needs gcc)', () => {
  test('is taken by who waited for it, with what its compiler said', async () => {
    const directory = project();
    const { maker, waiter } = await oneAfterTheOther(directory, { argv: COMPILE });
    expect(maker).toMatchObject({ code: 0, taken: false });
    expect(maker.said).toContain('unused');
    expect(waiter).toEqual({ ...maker, taken: true, why: '' });
    expectFresh(directory, waiter);
  });

  test.each([
    ['gcc', ['gcc', '-MD', '-MP', '-MF', 'deps', '-c', '-I', 'second', '-g', '-O2', '-o', 'a.o', 'a.c']],
    ['gcc', ['gcc', '-MD', '-S', '-I', 'second', '-DX="y z"', '-std=c11', '-fPIC', '-o', 'a.o', 'a.c']],
    ['gcc', ['gcc', '-c', '-g', '-O2', '-I', 'second', '-o', 'a.o', 'a.c']],
    ['clang', ['clang', '-MD', '-MT', 'a.o', '-MF', 'deps', '-c', '-Isecond', '-O1', '-o', 'a.o', 'a.c']],
    ['clang', ['clang', '-Wall', '-iquote', 'second', '-c', '-g', '-o', 'a.o', 'a.c']],
  ])('is taken with what stands beside it: %s %j', async (compiler, argv) => {
    if (compiler === 'clang' && !HAS_CLANG) return;
    const directory = project();
    let beside: unknown;
    const seen = (): unknown =>
      readdirSync(directory)
        .filter((name) => !name.startsWith('log.'))
        .map((name) => [name, statSync(join(directory, name)).ino]);
    const { waiter } = await oneAfterTheOther(directory, { argv }, { argv }, () => {
      beside = seen();
    });
    expect(waiter).toMatchObject({ code: 0, taken: true, why: '' });
    expect(seen()).toEqual(beside);
    expectFresh(directory, waiter, argv);
  });

  test('is taken by who was started before it was there and comes just too late to wait, and by nobody later', async () => {
    const directory = project();
    await oneAfterTheOther(directory, { argv: COMPILE });
    const go = join(directory, 'go');
    const early = begin(directory, { argv: COMPILE, once: go });
    await sleep(SETTLED_MS);
    const { taken } = await begin(directory, { argv: COMPILE }).end;
    await sleep(SETTLED_MS);
    const late = begin(directory, { argv: COMPILE, once: `${go}-2` });
    expect(taken).toBe(false);
    writeFileSync(go, '');
    expect(await early.end).toMatchObject({ code: 0, taken: true, why: '' });
    expectFresh(directory, { code: 0 });
    writeFileSync(`${go}-2`, '');
    expect(await late.end).toMatchObject({ code: 0, taken: false, why: 'it was made before it was wanted' });
  });

  test.each([
    ['gcc', 'stdio.h', 'stdlib.h', 'string.h', 'math.h', 'sys/stat.h', 'pthread.h'],
    ['g++', 'map', 'string', 'vector', 'iostream', 'thread', 'functional'],
    ['clang', 'stdio.h', 'stdlib.h', 'string.h', 'math.h', 'sys/stat.h', 'pthread.h'],
  ])('is taken where headers of the system are included: %s', async (compiler, ...headers) => {
    if (compiler === 'clang' && !HAS_CLANG) return;
    const source = `${headers.map((header) => `#include <${header}>\n`).join('')}int main() { return 0; }\n`;
    const directory = project({ 'a.cc': source, 'a.c': source });
    const argv = [compiler, '-c', compiler === 'g++' ? 'a.cc' : 'a.c', '-o', 'a.o'];
    const { waiter } = await oneAfterTheOther(directory, { argv });
    expect(waiter).toMatchObject({ code: 0, taken: true, why: '' });
    expectFresh(directory, waiter, argv);
  });

  test('is taken under a lock of the kernel, too', async () => {
    const directory = project();
    const order = ['launch', '--strategy=flock'];
    const first = { argv: COMPILE, order };
    // Under the lock of the other strategy they would not meet: this one is held by the first helper alone.
    const makers = [first, first, first, first].map((wish) => begin(directory, wish));
    const all = await Promise.all(makers.map(({ end }) => end));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(new Set(all.map(({ said }) => said)).size).toBe(1);
  });

  const changes: Readonly<Record<string, (directory: string) => void>> = {
    'a header has changed': (at) => writeFileSync(join(at, 'second/a.h'), '#define VALUE 2\n'),
    'a header has changed, and says that it is old': (at) => {
      writeFileSync(join(at, 'second/a.h'), '#define VALUE 2\n');
      utimesSync(join(at, 'second/a.h'), LONG_AGO, LONG_AGO);
    },
    'another header has taken its name': (at) => {
      writeFileSync(join(at, 'other.h'), '#define VALUE 2\n');
      utimesSync(join(at, 'other.h'), LONG_AGO, LONG_AGO);
      renameSync(join(at, 'other.h'), join(at, 'second/a.h'));
    },
    'a header of the same name appears earlier on the search path': (at) =>
      writeFileSync(join(at, 'first/a.h'), '#define VALUE 2\n'),
    'a header appears beside the source': (at) => writeFileSync(join(at, 'a.h'), '#define VALUE 2\n'),
    'a precompiled header appears': (at) => writeFileSync(join(at, 'second/a.h.gch'), ''),
    'the source has changed': (at) => writeFileSync(join(at, 'a.c'), 'int main(void) { return 7; }\n'),
    'a directory of the search path is another one': (at) => {
      mkdirSync(join(at, 'third'));
      writeFileSync(join(at, 'third/a.h'), '#define VALUE 3\n');
      renameSync(join(at, 'first'), join(at, 'gone'));
      renameSync(join(at, 'third'), join(at, 'first'));
    },
    'a directory of the search path is a link now': (at) => {
      mkdirSync(join(at, 'third'));
      writeFileSync(join(at, 'third/a.h'), '#define VALUE 3\n');
      rmSync(join(at, 'first'), { recursive: true });
      symlinkSync('third', join(at, 'first'));
    },
    'the product was removed': (at) => rmSync(join(at, 'a.o')),
    'the product was replaced': (at) => {
      writeFileSync(join(at, 'other.o'), readFileSync(join(at, 'a.o')));
      renameSync(join(at, 'other.o'), join(at, 'a.o'));
    },
    'somebody has written into the product': (at) => {
      const { atime, mtime } = statSync(join(at, 'a.o'));
      const bytes = readFileSync(join(at, 'a.o'));
      bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60);
      writeFileSync(join(at, 'a.o'), bytes);
      utimesSync(join(at, 'a.o'), atime, mtime);
    },
    'its facts are torn': (at) => writeFileSync(factsOf(at), readFileSync(factsOf(at)).subarray(0, -9)),
    'its facts are empty': (at) => writeFileSync(factsOf(at), ''),
    'its facts are huge': (at) => writeFileSync(factsOf(at), Buffer.alloc(3 << 20, 'input /x\n')),
    'its facts are a link': (at) => {
      renameSync(factsOf(at), join(at, 'facts'));
      symlinkSync('../facts', factsOf(at));
    },
    'its facts can be written to by others': (at) => chmodSync(factsOf(at), 0o666),
    'the directory of its facts is a link': (at) => {
      renameSync(join(at, '.made-once'), join(at, 'facts'));
      symlinkSync('facts', join(at, '.made-once'));
    },
    'everybody may write to the directory of its facts': (at) => chmodSync(join(at, '.made-once'), 0o777),
    'the clock was set back': (at) => {
      const text = readFileSync(factsOf(at), 'utf8');
      const later = (all: string, began: string, ahead: string): string =>
        `began ${BigInt(began) + 3600_000_000_000n} ${BigInt(ahead) + 3600_000_000_000n}${all.slice(all.lastIndexOf(' '))}`;
      const changed = text.replace(/^began (\d+) (\d+) \d+$/m, later);
      expect(changed).not.toBe(text);
      writeFileSync(factsOf(at), changed);
    },
    'its facts are of another host': (at) => {
      const text = readFileSync(factsOf(at), 'utf8');
      writeFileSync(factsOf(at), text.replace(/^recipe ./m, 'recipe x'));
    },
  };

  test('is not taken when anything has changed meanwhile', async () => {
    const taken = await Promise.all(
      Object.entries(changes).map(async ([what, change]) => {
        const directory = project();
        const { maker, waiter } = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () => {
          expect(existsSync(factsOf(directory)), what).toBe(true);
          change(directory);
        });
        expect(maker.code, what).toBe(0);
        expectFresh(directory, waiter);
        return waiter.taken ? what : undefined;
      }),
    );
    expect(taken.filter((what) => what !== undefined)).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)('is not taken on the word of another user', async () => {
    const directory = project();
    const { waiter } = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () =>
      chownSync(factsOf(directory), 65534, 65534),
    );
    expect(waiter).toMatchObject({ code: 0, taken: false });
  });

  const others: Readonly<Record<string, (directory: string) => Partial<Wish>>> = {
    'other definition': () => ({ argv: [...COMPILE, '-DVALUE2=3'] }),
    'other umask': () => ({ umask: '027' }),
    'CPATH in its environment': (at) => ({ env: { CPATH: join(at, 'first') } }),
    'PWD by another name': (at) => ({ env: { PWD: `${at}/first/..` } }),
    'PATH that begins elsewhere': (at) => ({ env: { PATH: `${at}/first:${process.env['PATH']}` } }),
    'library loaded before all others': () => ({ env: { LD_PRELOAD: '/nowhere.so' } }),
    'option that is not known': () => ({ argv: [...COMPILE, '-fsome-new-option-of-no-compiler'] }),
    'CT_LOCK_REUSE=0': () => ({ env: { CT_LOCK_REUSE: '0' } }),
    'compiler of another name': () => ({ argv: ['cc', ...COMPILE.slice(1)] }),
  };

  test('is not taken by who wants it in another way', async () => {
    const taken = await Promise.all(
      Object.entries(others).map(async ([what, wish]) => {
        const directory = project();
        const { maker, waiter } = await oneAfterTheOther(
          directory,
          { argv: COMPILE },
          { argv: COMPILE, ...wish(directory) },
        );
        expect(maker.code, what).toBe(0);
        return waiter.taken ? what : undefined;
      }),
    );
    expect(taken.filter((what) => what !== undefined)).toEqual([]);
  });

  const uncertain: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    __DATE__: { ...SOURCES, 'second/a.h': '#define VALUE 1\nstatic const char when[] = __DATE__;\n' },
    __TIME__: {
      ...SOURCES,
      'a.c': '#include "a.h"\nconst char when[] = __TIME__;\nint main(void) { return VALUE; }\n',
    },
    '.incbin': { ...SOURCES, 'a.c': 'int main(void) { __asm__(".incbin \\"second/a.h\\""); return 0; }\n' },
  };

  test('is not taken when its sources ask for more than files', async () => {
    const taken = await Promise.all(
      Object.entries(uncertain).map(async ([what, files]) => {
        const { maker, waiter } = await oneAfterTheOther(project(files), { argv: COMPILE });
        expect(maker.code, what).toBe(0);
        return waiter.taken ? what : undefined;
      }),
    );
    expect(taken.filter((what) => what !== undefined)).toEqual([]);
  });

  /** What a compile depends on, and no dependency file names: an argument list, and how it changes. */
  const unnamed: Readonly<Record<string, readonly [argv: readonly string[], change: (directory: string) => void]>> = {
    'a precompiled header for clang': [
      ['clang', '-I', 'second', '-include', 'second/a.h', '-c', 'a.c', '-o', 'a.o'],
      (at) => spawnSync('clang', ['-x', 'c-header', 'second/a.h', '-o', 'second/a.h.pch'], { cwd: at }),
    ],
    'a directory that is missed': [
      ['gcc', '-Wmissing-include-dirs', '-I', 'none', '-I', 'second', '-c', 'a.c', '-o', 'a.o'],
      (at) => mkdirSync(join(at, 'none')),
    ],
    'a file in the place of a directory': [
      ['gcc', '-I', 'file', '-I', 'second', '-c', 'a.c', '-o', 'a.o'],
      (at) => {
        rmSync(join(at, 'file'));
        mkdirSync(join(at, 'file'));
        writeFileSync(join(at, 'file/a.h'), '#define VALUE 4\n');
      },
    ],
    'a link on the way to headers of the system': [
      ['gcc', '-isystem', 'DIRECTORY/current-version/inc', '-DLIBRARY', '-I', 'second', '-c', 'a.c', '-o', 'a.o'],
      (at) => {
        rmSync(join(at, 'current-version'));
        symlinkSync('2', join(at, 'current-version'));
      },
    ],
    'a link behind a directory of the system, which gcc does not name': [
      ['gcc', '-isystem', 'AROUND/system', '-DBEHIND', '-I', 'second', '-c', 'a.c', '-o', 'a.o'],
      (at) => {
        rmSync(join(at, '../system/library-current'));
        symlinkSync('2', join(at, '../system/library-current'));
      },
    ],
    'a link to a header of the system, which gcc does not name': [
      ['gcc', '-isystem', 'AROUND/system', '-DHEADER', '-I', 'second', '-c', 'a.c', '-o', 'a.o'],
      (at) => {
        rmSync(join(at, '../system/current.h'));
        symlinkSync('2/l.h', join(at, '../system/current.h'));
      },
    ],
  };

  test('is not taken when what no dependency file names may have changed', async () => {
    const taken = await Promise.all(
      Object.entries(unnamed).map(async ([what, [words, change]]) => {
        if (words[0] === 'clang' && !HAS_CLANG) return;
        const source =
          '#include "a.h"\n#ifdef LIBRARY\n#include <of/library.h>\n#endif\n#ifdef BEHIND\n#define NAME <library-current/l.h>\n#include NAME\n#endif\n#ifdef HEADER\n#include <current.h>\n#endif\nint value = VALUE;\n';
        const library = {
          file: '',
          '1/inc/of/library.h': 'int one;\n',
          '2/inc/of/library.h': 'int two;\n',
          '../system/1/l.h': 'int one;\n',
          '../system/2/l.h': 'int two;\n',
        };
        const directory = project({ ...SOURCES, 'a.c': source });
        for (const [name, text] of Object.entries(library)) {
          mkdirSync(join(directory, name, '..'), { recursive: true });
          writeFileSync(join(directory, name), text);
        }
        symlinkSync('1', join(directory, 'current-version'));
        symlinkSync('1', join(directory, '../system/library-current'));
        symlinkSync('1/l.h', join(directory, '../system/current.h'));
        const argv = words.map((word) => word.replace('DIRECTORY', directory).replace('AROUND', dirname(directory)));
        const { maker, waiter } = await oneAfterTheOther(directory, { argv }, { argv }, () => change(directory));
        expect(maker.code, what).toBe(0);
        expectFresh(directory, waiter, argv);
        return waiter.taken ? what : undefined;
      }),
    );
    expect(taken.filter((what) => what !== undefined)).toEqual([]);
  });

  test('is not taken by what was found for another command', async () => {
    const directory = project();
    const probes = (): string[] => readdirSync(join(directory, '.made-once')).filter((name) => name.endsWith('.probe'));
    const other = ['gcc', '-I', 'second', '-c', 'a.c', '-o', 'a.o'];
    await oneAfterTheOther(directory, { argv: other });
    const [one = ''] = probes();
    await oneAfterTheOther(directory, { argv: COMPILE });
    const [another = ''] = probes().filter((name) => name !== one);
    const at = (name: string): string => join(directory, '.made-once', name);
    renameSync(at(one), at(another));
    rmSync(factsOf(directory));
    const { waiter } = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () =>
      writeFileSync(join(directory, 'first/a.h'), '#define VALUE 2\n'),
    );
    expectFresh(directory, waiter);
  });

  test('is not taken when there may be what __has_include has not found', async () => {
    const source = '#if __has_include(<later.h>)\nint later;\n#endif\nint main(void) { return 0; }\n';
    const directory = project({ 'a.c': source });
    const argv = COMPILE;
    const unchanged = await oneAfterTheOther(directory, { argv });
    expect(unchanged.waiter).toMatchObject({ code: 0, taken: true, why: '' });
    const appeared = await oneAfterTheOther(directory, { argv }, { argv }, () =>
      writeFileSync(join(directory, 'first/later.h'), ''),
    );
    expect(appeared.waiter.taken).toBe(false);
    expectFresh(directory, appeared.waiter);
    rmSync(join(directory, 'first/later.h'));
    const shortly = await oneAfterTheOther(directory, { argv }, { argv }, () => {
      writeFileSync(join(directory, 'first/later.h'), '');
      rmSync(join(directory, 'first/later.h'));
    });
    expect(shortly.waiter.taken).toBe(false);
  });

  test('is not taken when the compiler has changed, or another one comes before it', async () => {
    const directory = project();
    mkdirSync(join(directory, 'bin'));
    const compiler = join(directory, 'bin/gcc');
    symlinkSync('/usr/bin/gcc', compiler);
    const env = { PATH: `${join(directory, 'first')}:${join(directory, 'bin')}:${process.env['PATH']}` };
    const wish = { argv: COMPILE, env };
    expect((await oneAfterTheOther(directory, wish)).waiter).toMatchObject({ code: 0, taken: true, why: '' });
    const touched = await oneAfterTheOther(directory, wish, wish, () => {
      rmSync(compiler);
      symlinkSync('/usr/bin/../bin/gcc', compiler);
    });
    expect(touched.waiter).toMatchObject({ code: 0, taken: false });
    const earlier = await oneAfterTheOther(directory, wish, wish, () => {
      writeFileSync(join(directory, 'first/gcc'), '#!/bin/sh\nexec /usr/bin/gcc -O2 "$@"\n');
      chmodSync(join(directory, 'first/gcc'), 0o755);
    });
    expect(earlier.waiter).toMatchObject({ code: 0, taken: false });
    expectFresh(directory, earlier.waiter, ['gcc', '-O2', ...COMPILE.slice(1)]);
  });

  test('is not taken when it has failed', async () => {
    const directory = project({ ...SOURCES, 'second/a.h': '#error not yet\n' });
    const failed = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () =>
      writeFileSync(join(directory, 'second/a.h'), '#define VALUE 5\n'),
    );
    expect(failed.maker.code).toBe(1);
    expect(failed.waiter).toMatchObject({ code: 0, taken: false });
    expectFresh(directory, failed.waiter);
  });

  /** Has the kernel kill a helper, or what it starts, at such a system call of theirs from now on. */
  async function doom({ pid }: Begun, when: number): Promise<void> {
    const calls = 'openat,write,renameat,renameat2,unlinkat,unlink,rmdir,mkdir,close,ftruncate';
    const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=KILL:when=${when}`];
    const strace = spawn('strace', ['-f', '-o', '/dev/null', ...inject, '-p', String(pid)]);
    onTestFinished(() => void strace.kill());
    await new Promise((resolve) => strace.stderr.once('data', resolve)); // "Process … attached"
    await sleep(SETTLED_MS);
  }

  test.skipIf(!TRACES)('is whole or made again, whenever who makes it is killed (needs strace)', async () => {
    const moments = Array.from({ length: 12 }, (_, index) => 3 + 16 * index);
    let killed = 0;
    let taken = 0;
    for (let first = 0; first < moments.length; first += 4) {
      const four = moments.slice(first, first + 4).map(async (when) => {
        const directory = project();
        const wish = { argv: COMPILE };
        const { maker, waiter } = await oneAfterTheOther(directory, wish, wish, undefined, {
          whileBothWait: (begun) => doom(begun, when),
        });
        if (maker.code !== 0) killed++;
        if (waiter.taken) taken++;
        expect(waiter.code, `killed at ${when}`).toBe(0);
        expectFresh(directory, waiter);
        const left = readdirSync(directory).filter((name) => /lockdir|tmp/.test(name));
        expect(left, `killed at ${when}`).toEqual([]);
      });
      await Promise.all(four);
    }
    expect(killed).toBeGreaterThan(1);
    expect(taken).toBeGreaterThan(0); // what was made by one who was not killed in time
  });

  test('is made again by the helper in TypeScript, and what that has made by this one', async () => {
    const other = { argv: COMPILE, by: TYPESCRIPT_HELPER };
    for (const [first, second] of [
      [{ argv: COMPILE }, other],
      [other, { argv: COMPILE }],
    ] as const) {
      const directory = project();
      const { maker, waiter } = await oneAfterTheOther(directory, first, second);
      expect(maker).toMatchObject({ code: 0, taken: false });
      expect(waiter).toMatchObject({ code: 0, taken: false });
      expectFresh(directory, waiter);
    }
  });

  test('is for compile on request alone', async () => {
    const directory = project();
    const argv = COMPILE.slice(0, -2);
    const order = ['compile', '--strategy=lockdir', '--target=a.o'];
    expect((await oneAfterTheOther(directory, { argv, order })).waiter).toMatchObject({ code: 0, taken: false });
    const asked = { argv, order: [...order, '--reuse'] };
    expect((await oneAfterTheOther(directory, asked)).waiter).toMatchObject({ code: 0, taken: true, why: '' });
    expectFresh(directory, { code: 0 });
  });

  test('leaves no trace where nobody waits, and none where nobody wants it', async () => {
    const directory = project();
    const line = ['launch', '--strategy=lockdir', '--', ...COMPILE];
    expect(await helper(line, { cwd: directory })).toMatchObject({ end: 0 });
    expect(existsSync(join(directory, '.made-once'))).toBe(false);
    await oneAfterTheOther(directory, { argv: COMPILE, env: { CT_LOCK_REUSE: '0' } });
    expect(existsSync(join(directory, '.made-once'))).toBe(false);
  });

  test('leaves no trace in a directory that everybody may write to', async () => {
    const directory = project();
    chmodSync(directory, 0o777);
    const { waiter } = await oneAfterTheOther(directory, { argv: COMPILE });
    expect(waiter).toMatchObject({ code: 0, taken: false });
    expect(existsSync(join(directory, '.made-once'))).toBe(false);
  });

  test('of several who want one object, one makes it', async () => {
    const directory = project();
    mkdirSync(join(directory, 'a.o.lockdir'));
    const many = Array.from({ length: 6 }, () => begin(directory, { argv: COMPILE }));
    await until('all of them wait', () => many.every(({ waits }) => waits()));
    await new Promise((resolve) => setTimeout(resolve, 150));
    rmSync(join(directory, 'a.o.lockdir'), { recursive: true });
    const all = await Promise.all(many.map(({ end }) => end));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(all.filter(({ taken }) => !taken)).toHaveLength(1);
  });
});

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createExclusively, readRegularFile, replaceAtomically } from '../../src/files/atomic-file.js';
import {
  because,
  Contender,
  canBeOtherUser,
  canMount,
  canMountExfat,
  exfat,
  OTHER_USER,
  smallTmpfs,
  temporaryDirectory,
  together,
  withoutKoffi,
} from '../locks/processes.js';

const CODE = (code: string): object => expect.objectContaining({ code });

const PLACES = [
  { place: 'on the disk', possible: true, why: '', make: () => temporaryDirectory(), links: true },
  { place: 'on tmpfs', possible: canMount, why: 'cannot mount', make: () => smallTmpfs('size=16m'), links: true },
  {
    place: 'without hard links (exFAT)',
    possible: canMountExfat,
    why: 'no exFAT through FUSE',
    make: exfat,
    links: false,
  },
];

describe.each(PLACES)('a file created exclusively $place', ({ possible, why, make, links }) => {
  test.skipIf(!possible)(`has its content, and is not created again${because(possible, why)}`, () => {
    const directory = make();
    const path = join(directory, 'running');
    expect(createExclusively(path, 'one\n')).toBe('created');
    expect(createExclusively(path, 'two\n')).toBe('exists');
    expect(readFileSync(path, 'utf8')).toBe('one\n');
    expect(readdirSync(directory).filter((name) => name !== 'lost+found')).toEqual(['running']);
    if (links) expect(statSync(path).nlink).toBe(1);
  });

  test.skipIf(!possible)(`is created by one of many only, and never seen half${because(possible, why)}`, async () => {
    const directory = make();
    await race(directory, links ? undefined : '', {});
  });

  test.skipIf(!possible)(`is replaced as a whole${because(possible, why)}`, async () => {
    const directory = make();
    const path = join(directory, 'cursor');
    writeFileSync(path, 'old');
    const writers = ['a', 'b'].map((name) => new Contender('replace', { path, name, count: 40 }));
    for (const writer of writers) await writer.line();
    for (const writer of writers) writer.say('go');
    let running = true;
    const done = Promise.all(writers.map((writer) => writer.line())).finally(() => {
      running = false;
    });
    void done.catch(() => undefined);
    while (running) {
      const text = readRegularFile(path);
      // rename(2) is not one step on exFAT: there may be no file for an instant, but never half of one.
      if (links || text !== undefined) expect(text).toMatch(/^(old|a{5001}|b{5001})$/);
      await new Promise(setImmediate);
    }
    await done;
    expect(readdirSync(directory).filter((name) => name !== 'lost+found')).toEqual(['cursor']);
  });
});

test.skipIf(!canMountExfat)(
  `a file is created by one of many only, with neither hard links nor koffi${because(canMountExfat, 'no exFAT through FUSE')}`,
  async () => {
    const directory = exfat();
    await race(directory, '', { LOCKS_MODULE: withoutKoffi() });
  },
);

/** @param besides what a reader may see beside the whole content */
async function race(
  directory: string,
  besides: string | undefined,
  environment: Record<string, string>,
): Promise<void> {
  const COUNT = 60;
  const names = ['ann', 'bob', 'cem', 'dan'];
  const creators = names.map((name) => new Contender('create', { directory, count: COUNT, name }, { environment }));
  let running = true;
  const wins = together<number>(creators).finally(() => {
    running = false;
  });
  const whole = new RegExp(`^(${names.join('|')}) x{3000} \\1\n$`);
  const look = (): number => {
    let seen = 0;
    for (let number = 0; number < COUNT; number++) {
      const text = readRegularFile(join(directory, `file-${number}`));
      if (text === undefined) break;
      seen++;
      if (text !== besides) expect(text).toMatch(whole);
    }
    return seen;
  };
  while (running) {
    look();
    await new Promise(setImmediate);
  }
  expect((await wins).reduce((a, b) => a + b)).toBe(COUNT);
  expect(look()).toBe(COUNT);
  for (let number = 0; number < COUNT; number++) {
    expect(readFileSync(join(directory, `file-${number}`), 'utf8')).toMatch(whole);
  }
  expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}

describe.each([
  ['createExclusively', createExclusively],
  ['replaceAtomically', replaceAtomically],
] as const)('%s', (_name, write) => {
  test.skipIf(!canMount)(`on a full disk fails and leaves nothing${because(canMount, 'cannot mount')}`, () => {
    const directory = smallTmpfs('size=64k');
    expect(() => write(join(directory, 'running'), 'x'.repeat(100_000))).toThrow(CODE('ENOSPC'));
    expect(readdirSync(directory)).toEqual([]);
  });

  test.skipIf(!canMount)(`on a read-only file system fails${because(canMount, 'cannot mount')}`, () => {
    const directory = smallTmpfs();
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    expect(() => write(join(directory, 'running'), 'x')).toThrow(CODE('EROFS'));
  });

  test('in a missing directory fails', () => {
    expect(() => write(join(temporaryDirectory(), 'missing', 'running'), 'x')).toThrow(CODE('ENOENT'));
  });

  test('does not write through a symbolic link', () => {
    const directory = temporaryDirectory();
    const victim = join(temporaryDirectory(), 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, 'running'));
    const result = write(join(directory, 'running'), 'x');
    if (write === createExclusively) expect(result).toBe('exists');
    else expect(readFileSync(join(directory, 'running'), 'utf8')).toBe('x');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test('does not create what a dangling symbolic link names', () => {
    const directory = temporaryDirectory();
    const elsewhere = join(temporaryDirectory(), 'new');
    symlinkSync(elsewhere, join(directory, 'running'));
    write(join(directory, 'running'), 'x');
    expect(existsSync(elsewhere)).toBe(false);
  });
});

test('a full disk leaves the old content when a file is replaced', () => {
  if (!canMount) return;
  const directory = smallTmpfs('size=64k');
  writeFileSync(join(directory, 'cursor'), 'old');
  expect(() => replaceAtomically(join(directory, 'cursor'), 'x'.repeat(100_000))).toThrow(CODE('ENOSPC'));
  expect(readFileSync(join(directory, 'cursor'), 'utf8')).toBe('old');
  expect(readdirSync(directory)).toEqual(['cursor']);
});

describe('a regular file', () => {
  test('that is not there is undefined', () => {
    expect(readRegularFile(join(temporaryDirectory(), 'x'))).toBeUndefined();
  });

  test('is read whole, up to a limit', () => {
    const path = join(temporaryDirectory(), 'x');
    writeFileSync(path, 'ä'.repeat(100_000));
    expect(readRegularFile(path)).toBe('ä'.repeat(100_000));
    expect(() => readRegularFile(path, 199_999)).toThrow(/200000 bytes/);
  });

  test('is not a symbolic link, a directory, a FIFO or a device', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'x'), 'x');
    symlinkSync(join(directory, 'x'), join(directory, 'link'));
    mkdirSync(join(directory, 'directory'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    const kinds = { link: 'a symbolic link', directory: 'a directory', fifo: 'a named pipe' };
    for (const [name, kind] of Object.entries(kinds)) {
      expect(() => readRegularFile(join(directory, name))).toThrow(`${kind} is in the way`);
    }
    expect(() => readRegularFile('/dev/zero')).toThrow('a device is in the way');
  });

  test.skipIf(!canBeOtherUser)('that may not be read is an error, not a missing one (needs root)', () => {
    const path = join(temporaryDirectory(), 'x');
    writeFileSync(path, 'x');
    chmodSync(path, 0o600);
    const script = `import { readRegularFile } from ${JSON.stringify(join(import.meta.dirname, '../../dist/internals/locks.js'))};
      try { readRegularFile(process.argv[1]); } catch (error) { console.log(error.code); }`;
    const [program = '', ...rest] = [...OTHER_USER, process.execPath, '--input-type=module', '-e', script, path];
    expect(execFileSync(program, rest).toString().trim()).toBe('EACCES');
  });
});

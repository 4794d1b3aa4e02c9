import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMount, smallTmpfs } from '../locks/processes.js';
import { noOtherUser } from '../support/other-user.js';
import { HAS_AR, HAS_GCC, HELPER_WORDS, hasProgram, script, temporaryDirectory } from './helper.js';

interface Table {
  readonly shapes: readonly { readonly about: string; readonly setup: string; readonly output: string }[];
  readonly streams: readonly {
    readonly about: string;
    readonly output: string;
    readonly before?: string;
    readonly redirection: string;
  }[];
  readonly tools: readonly { readonly about: string; readonly needs: string; readonly command: string }[];
}

/** What the name of an output may lead to. What the tools make of it says the plain tool itself. */
const TABLE: Table = JSON.parse(readFileSync(new URL('destinations.json', import.meta.url), 'utf8'));

describe.skipIf(!HAS_GCC || !HAS_AR)('what the name of an output leads to (needs gcc and binutils)', () => {
  let inputs = '';

  beforeAll(() => {
    inputs = mkdtempSync(join(tmpdir(), 'stagelock-inputs-'));
    writeFileSync(join(inputs, 'a.c'), 'int f(void) { return 1; }\n');
    writeFileSync(join(inputs, 'm.c'), 'int main(void) { return 0; }\n');
    for (const command of ['gcc -S a.c', 'gcc -c m.c']) spawnSync('/bin/sh', ['-c', command], { cwd: inputs });
  });
  afterAll(() => rmSync(inputs, { recursive: true, force: true }));

  /** What comes of a command in a new directory: whether it succeeds, and everything that is there then. */
  function outcome(setup: string, command: string): unknown {
    const around = temporaryDirectory();
    const cwd = join(around, 'work');
    for (const name of ['', 'real', 'links']) mkdirSync(join(cwd, name));
    for (const name of ['a.c', 'a.s', 'm.o']) symlinkSync(join(inputs, name), join(cwd, name));
    const env = { ...process.env, CT_LOCK_DIR: join(around, 'locks'), LC_ALL: 'C' };
    expect(spawnSync('/bin/sh', ['-c', setup], { cwd }).status).toBe(0);
    const { status } = spawnSync('/bin/sh', ['-c', command], { cwd, env, encoding: 'utf8' });
    return { succeeded: status === 0, code: status, everything: snapshot(cwd) };
  }

  describe.each(TABLE.tools.filter(({ needs }) => hasProgram(needs)))('$about', ({ command }) => {
    test.each(TABLE.shapes)('$about', ({ setup, output }) => {
      const line = command.replace('OUTPUT', `'${output}'`);
      expect(outcome(setup, `${HELPER_WORDS} launch -- ${line}`)).toEqual(outcome(setup, line));
    });
  });

  test.each(TABLE.streams)('$about', ({ output, before = '', redirection }) => {
    const dev = lstatSync('/dev/stdout').isSymbolicLink();
    const setup = 'ln -s /dev/stdout link; mkfifo pipe';
    for (const line of [`gcc -S a.c -o ${output}`, `gcc -S a.c -o${output}`]) {
      const plain = outcome(setup, `${before}${line} ${redirection}`);
      expect(plain).toMatchObject({ succeeded: true });
      expect(outcome(setup, `${before}${HELPER_WORDS} launch -- ${line} ${redirection}`)).toEqual(plain);
      const appended = line.replace(/ -o.*/, '');
      expect(
        outcome(setup, `${before}${HELPER_WORDS} compile --target=${output} -- ${appended} ${redirection}`),
      ).toEqual(plain);
    }
    expect(lstatSync('/dev/stdout').isSymbolicLink()).toBe(dev);
    expect(readdirSync('/dev').filter((name) => /lock/.test(name))).toEqual(
      readdirSync('/dev').filter((name) => name === 'lock'),
    );
  });
});

/** Names with kinds, contents and numbers of names, so that two trees can be compared. */
function snapshot(directory: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) found[prefix + name] = `link to ${readlinkSync(path).replace(/^\/.*\/work\//, '')}`;
    else if (stat.isDirectory())
      Object.assign(found, { [prefix + name]: 'directory' }, snapshot(path, `${prefix}${name}/`));
    else if (!stat.isFile()) found[prefix + name] = 'special';
    else found[prefix + name] = `${stat.nlink} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  }
  return found;
}

describe('a link that is written through', () => {
  test.skipIf(!canMount || !HAS_GCC)('may lead to another file system (needs root)', () => {
    const directory = temporaryDirectory();
    const other = smallTmpfs('size=1m,mode=755');
    writeFileSync(join(directory, 'a.c'), 'int f(void) { return 1; }\n');
    writeFileSync(join(other, 'a.s'), 'old\n', { mode: 0o640 });
    symlinkSync(join(other, 'a.s'), join(directory, 'a.s'));
    const line = `${HELPER_WORDS} launch -- gcc -S a.c -o a.s`;
    const { status, stderr } = spawnSync('/bin/sh', ['-c', line], { cwd: directory, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readFileSync(join(other, 'a.s'), 'utf8')).toContain('.text');
    expect(statSync(join(other, 'a.s')).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory).sort()).toEqual(['a.c', 'a.s']);
    expect(readdirSync(other).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  test('has the lock of the file that it leads to', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'real'));
    writeFileSync(join(directory, 'real', 'x'), '');
    symlinkSync('real/x', join(directory, 't'));
    writeFileSync(join(directory, 'a.c'), 'int f(void) { return 1; }\n');
    const line = `${HELPER_WORDS} launch -- gcc -S a.c -o t`;
    expect(spawnSync('/bin/sh', ['-c', line], { cwd: directory }).status).toBe(0);
    expect(readdirSync(join(directory, 'real')).sort()).toEqual(['.lock-strategy', 'x', 'x.lock']);
    expect(readdirSync(directory).sort()).toEqual(['a.c', 'real', 't']);
  });
});

describe.skipIf(noOtherUser !== undefined)(
  `a file that may be written and not replaced (${noOtherUser ?? 'as another user'})`,
  () => {
    test.each([
      ['of another user, in a directory that is everybody’s', 0o1777],
      ['in a directory that may not be written to', 0o755],
    ])('%s is written in place', (_, mode) => {
      const directory = temporaryDirectory();
      chmodSync(directory, 0o755);
      const work = join(directory, 'work');
      mkdirSync(work);
      writeFileSync(join(work, 'a.o'), 'old\n');
      chmodSync(join(work, 'a.o'), 0o666);
      chmodSync(work, mode);
      chownSync(work, 0, 0);
      const produce = script(directory, 'produce', 'echo whole > "$last"');
      const as = { cwd: work, uid: 1002, gid: 1002, encoding: 'utf8' } as const;
      for (const strategy of ['', '--strategy=flock', '--strategy=lockdir']) {
        writeFileSync(join(work, 'a.o'), 'old\n');
        const line = `${HELPER_WORDS} compile --target=a.o ${strategy} -- ${produce}`;
        const { status, stderr } = spawnSync('/bin/sh', ['-c', line], as);
        expect(status, stderr).toBe(0);
        if (mode === 0o755) expect(stderr).toMatch(/no permission .*; no lock is taken for /);
        expect(readFileSync(join(work, 'a.o'), 'utf8')).toBe('whole\n');
      }
      expect(readdirSync(work).filter((name) => !name.startsWith('.ct-locks'))).toEqual(['a.o']);
    });
  },
);

test('a path that has no room for more is written in place, and its lock is taken where there is one', () => {
  const root = temporaryDirectory();
  const produce = script(root, 'produce', 'for last; do :; done; echo whole > "$last"');
  // Together 4095 bytes: the most that the kernel takes.
  const parts = [root];
  while (parts.join('/').length < 3800) parts.push('d'.repeat(200));
  const directory = parts.join('/');
  mkdirSync(directory, { recursive: true });
  const target = `${directory}/${'x'.repeat(4095 - directory.length - 1)}`.slice(0, 4095);
  if (Buffer.byteLength(target.slice(directory.length + 1)) > 255) parts.push('e'.repeat(100));
  const deep = parts.join('/');
  mkdirSync(deep, { recursive: true });
  const longest = `${deep}/${'x'.repeat(4095 - deep.length - 1)}`;
  const line = `${HELPER_WORDS} compile --target=${longest} -- ${produce}`;
  const { status, stderr } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
  expect(status, stderr.slice(-300)).toBe(0);
  expect(readFileSync(longest, 'utf8')).toBe('whole\n');
});

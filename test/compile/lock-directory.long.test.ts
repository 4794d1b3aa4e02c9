import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordOf } from '../cleanup/cleaner.js';
import { deadPid } from '../locks/processes.js';
import { noOtherUser } from '../support/other-user.js';
import { until } from '../support/until.js';
import {
  HAS_CC,
  HAS_MAKE,
  HELPER_WORDS,
  helper,
  LOCK_NAMES,
  pidIn,
  script,
  start,
  temporaryDirectory,
} from './helper.js';

const IS_ROOT = process.getuid?.() === 0;
const CAN_MOUNT = IS_ROOT && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** A tree with a directory of locks in it, and objects further down. */
function tree(): { readonly root: string; readonly locks: string; readonly objects: string } {
  const root = join(temporaryDirectory(), 'tree');
  const objects = join(root, 'sub', 'objects');
  mkdirSync(objects, { recursive: true });
  return { root, locks: join(root, '.locks'), objects };
}

const environment = (locks: string, more: Record<string, string> = {}) => ({
  env: { ...process.env, CT_LOCK_DIR: locks, ...more },
});

describe.each(LOCK_NAMES)('locks in a directory of their own (%s)', (strategy) => {
  const args = (target: string, produce: string) => [
    'compile',
    `--target=${target}`,
    `--strategy=${strategy}`,
    '--',
    produce,
  ];

  test('nothing but the product is left beside it', async () => {
    const { root, locks, objects } = tree();
    const produce = script(root, 'produce', 'echo whole > "$last"');
    const { end, stderr } = await helper(args('objects/a.o', produce), {
      cwd: join(root, 'sub'),
      ...environment(locks),
    });
    expect(stderr).toBe('');
    expect(end).toBe(0);
    expect(readdirSync(objects)).toEqual(['a.o']);
    const kernel = strategy === 'flock' || strategy === 'fcntl' || strategy === 'cifs';
    expect(readdirSync(locks)).toEqual(kernel ? ['sub%2Fobjects%2Fa.o.lock'] : []);
  });

  test('two exclude each other wherever they were started, and however the target is written', async () => {
    const { root, locks, objects } = tree();
    const outside = join(root, '..');
    symlinkSync(root, join(outside, 'link'));
    const enter = `mkdir '${outside}/inside' || touch '${outside}/overlap'; sleep 0.05; rmdir '${outside}/inside'`;
    const produce = script(outside, 'produce', `${enter}; echo whole > "$last"`);
    const ways = [
      { cwd: root, target: 'sub/objects/a.o', locks },
      { cwd: objects, target: 'a.o', locks: `${locks}/` },
      { cwd: '/', target: join(objects, 'a.o'), locks: join(outside, 'link', '.locks') },
      { cwd: outside, target: 'link/sub/../sub/objects/a.o', locks: `${root}/sub/../.locks` },
    ];
    const ends = await Promise.all(
      ways.map((way) => helper(args(way.target, produce), { cwd: way.cwd, ...environment(way.locks) })),
    );
    expect(ends.map(({ end, stderr }) => [end, stderr])).toEqual(ways.map(() => [0, '']));
    expect(existsSync(join(outside, 'overlap'))).toBe(false);
    expect(readdirSync(objects)).toEqual(['a.o']);
  });

  test.skipIf(!CAN_MOUNT)('also where one has the tree mounted elsewhere', async () => {
    const { root, locks, objects } = tree();
    const outside = join(root, '..');
    mkdirSync(join(outside, 'mounted'));
    const produce = script(root, 'produce', `echo > '${root}/in'; sleep 1; echo "$1" > "$last"; rm '${root}/in'`);
    const first = start(args(join(objects, 'a.o'), produce), environment(locks));
    while (!existsSync(join(root, 'in'))) await new Promise((done) => setTimeout(done, 10));
    const there = join(outside, 'mounted');
    const second = script(root, 'second', `test ! -e '${root}/in' || echo overlap >&2; echo > "$last"`);
    const words = args(`${there}/sub/objects/a.o`, second)
      .map((word) => `'${word}'`)
      .join(' ');
    const line = `mount --bind '${root}' '${there}' && CT_LOCK_DIR='${there}/.locks' ${HELPER_WORDS} ${words}`;
    const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', line], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect((await first.ended).end).toBe(0);
    expect(readdirSync(objects)).toEqual(['a.o']);
  });

  test('the agreement of the tree can say so, too', async () => {
    const { root, locks, objects } = tree();
    writeFileSync(join(root, '.lock-strategy'), 'locks=.locks\n');
    const produce = script(root, 'produce', 'echo whole > "$last"');
    const { end, stderr } = await helper(args('a.o', produce), { cwd: objects });
    expect(stderr).toBe('');
    expect(end).toBe(0);
    expect(readdirSync(objects)).toEqual(['a.o']);
    expect(existsSync(locks)).toBe(true);
  });

  test.skipIf(strategy === 'flock' || strategy === 'fcntl')('one of a dead owner is taken over', async () => {
    const { root, locks, objects } = tree();
    mkdirSync(locks);
    const name = join(locks, 'sub%2Fobjects%2Fa.o');
    if (strategy === 'lockdir') mkdirSync(`${name}.lockdir`);
    writeFileSync(strategy === 'lockdir' ? `${name}.lockdir/pid` : `${name}.lock.excl`, recordOf(deadPid()));
    const produce = script(root, 'produce', 'echo whole > "$last"');
    const { end } = await helper(args('a.o', produce), { cwd: objects, ...environment(locks) });
    expect(end).toBe(0);
    expect(readFileSync(join(objects, 'a.o'), 'utf8')).toBe('whole\n');
  });

  test('who waits is told which lock it is, and of what', async () => {
    const { root, locks, objects } = tree();
    const produce = script(
      root,
      'produce',
      `echo $$ > '${root}/pid'; until test -e '${root}/go'; do sleep 0.05; done; echo whole > "$last"`,
    );
    const first = start(args('a.o', produce), { cwd: objects, ...environment(locks) });
    await pidIn(join(root, 'pid'));
    const second = start(args('a.o', produce), {
      cwd: objects,
      ...environment(locks, { CT_LOCK_WARN_INTERVAL: '0.1' }),
    });
    let told = '';
    second.child.stderr?.on('data', (text) => {
      told += text;
    });
    await until('it is told', () => told.includes('\n'));
    writeFileSync(join(root, 'go'), '');
    expect(told).toContain(`waiting for the lock on ${join(objects, 'a.o')} (${locks}/sub%2Fobjects%2Fa.o.lock`);
    expect((await second.ended).end).toBe(0);
    expect((await first.ended).end).toBe(0);
  });
});

describe('the directory of locks', () => {
  const compile = async (cwd: string, locks: string, target = 'a.o') => {
    const produce = script(join(cwd, '..'), 'produce', 'echo whole > "$last"');
    return helper(['compile', `--target=${target}`, '--', produce], { cwd, ...environment(locks) });
  };

  test('is made if it is missing, for the group where its parent is', async () => {
    const { root, locks, objects } = tree();
    chmodSync(root, 0o2775);
    const produce = script(root, 'produce', 'echo whole > "$last"');
    const line = `umask 077; exec ${HELPER_WORDS} compile --target=a.o -- '${produce}'`;
    expect(spawnSync('/bin/sh', ['-c', line], { cwd: objects, ...environment(locks) }).status).toBe(0);
    expect(statSync(locks).mode & 0o7777).toBe(0o2775);
    chmodSync(root, 0o755);
    rmSync(locks, { recursive: true });
    expect(spawnSync('/bin/sh', ['-c', line], { cwd: objects, ...environment(locks) }).status).toBe(0);
    expect(statSync(locks).mode & 0o7777).toBe(0o700);
  });

  test('has the strategy of its file system, which is recorded in it', async () => {
    const { locks, objects } = tree();
    mkdirSync(locks);
    writeFileSync(join(locks, '.lock-strategy'), 'cifs\n');
    expect((await compile(objects, locks)).end).toBe(0);
    expect(readdirSync(locks).sort()).toEqual(['.lock-strategy', 'sub%2Fobjects%2Fa.o.lock']);
    expect(readdirSync(objects)).toEqual(['a.o']);
  });

  test('may be elsewhere than the tree, or the directory of the objects itself', async () => {
    const { objects } = tree();
    const elsewhere = join(temporaryDirectory(), 'locks');
    expect((await compile(objects, elsewhere)).end).toBe(0);
    expect(readdirSync(objects)).toEqual(['a.o']);
    expect((await compile(objects, objects)).end).toBe(0);
    expect(readdirSync(objects).sort()).toEqual(['.lock-strategy', 'a.o', 'objects%2Fa.o.lock']);
  });

  test('keeps targets apart whose paths differ in what is escaped, and those with long paths', async () => {
    const { root, locks } = tree();
    const deep = join(root, ...Array.from({ length: 12 }, (_, index) => `directory-${index}`));
    mkdirSync(deep, { recursive: true });
    mkdirSync(join(root, 'a%2Fb'));
    mkdirSync(join(root, 'a', 'b'), { recursive: true });
    for (const target of ['a%2Fb/x.o', 'a/b/x.o', `${deep}/x.o`, `${deep}/y.o`, `${deep}/new\nline.o`])
      expect((await compile(root, locks, target)).end).toBe(0);
    const names = readdirSync(locks).filter((name) => name !== '.lock-strategy');
    expect(new Set(names).size).toBe(5);
    expect(names).toContain('a%252Fb%2Fx.o.lock');
    expect(names).toContain('a%2Fb%2Fx.o.lock');
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(143);
  });

  test.each([
    ['a relative path', () => 'locks', /is not an absolute path/],
    ['a file', (root: string) => join(root, 'produce'), /is not a directory; remove it/],
    ['one whose parent is missing', (root: string) => join(root, 'missing', 'locks'), /create the parent/],
  ])('that cannot be used is told: %s', async (_, locks, message) => {
    const { root, objects } = tree();
    const produce = script(root, 'produce', 'echo whole > "$last"');
    for (const strategy of [[], ['--strategy=lockdir']]) {
      const args = ['compile', '--target=a.o', ...strategy, '--', produce];
      const { end, stderr } = await helper(args, { cwd: objects, ...environment(locks(root)) });
      expect(end).toBe(125);
      expect(stderr).toMatch(message);
      expect(stderr.split('\n')).toHaveLength(2);
    }
    expect(readdirSync(objects)).toEqual([]);
  });

  test.skipIf(noOtherUser !== undefined)(`that we may not write to is told (${noOtherUser})`, async () => {
    const { root, locks, objects } = tree();
    mkdirSync(locks, 0o755);
    chmodSync(join(root, '..'), 0o755);
    chmodSync(objects, 0o777);
    const produce = script(root, 'produce', 'echo whole > "$last"');
    const args = ['compile', '--target=a.o', '--strategy=flock', '--', produce];
    const { end, stderr } = await helper(args, { cwd: objects, uid: 65534, gid: 65534, ...environment(locks) });
    expect(end).toBe(125);
    expect(stderr).toContain(`no permission to make a lock in ${locks}`);
  });

  test('an agreement nearer to the object comes first', async () => {
    const { root, objects } = tree();
    writeFileSync(join(root, '.lock-strategy'), 'locks=far\n');
    writeFileSync(join(objects, '.lock-strategy'), 'flock\n');
    const produce = script(root, 'produce', 'echo whole > "$last"');
    expect((await helper(['compile', '--target=a.o', '--', produce], { cwd: objects })).end).toBe(0);
    expect(readdirSync(objects).sort()).toEqual(['.lock-strategy', 'a.o', 'a.o.lock']);
  });
});

describe.skipIf(!HAS_MAKE || !HAS_CC)('a tree that cleans up after itself (needs make and cc)', () => {
  test('is empty afterwards', () => {
    const { root, locks } = tree();
    rmSync(join(root, 'sub'), { recursive: true });
    writeFileSync(join(root, 'a.c'), 'int main(void) { return 0; }\n');
    const rules = [
      'all: build/one/a.o build/two/a.o build/prog',
      'build/prog: build/one/a.o ; $(CC) $< -o $@',
      'build/one/a.o build/two/a.o: a.c ; mkdir -p $(@D) && $(CC) -MD -c $< -o $@',
      'clean: ; rm -f build/*/a.o build/*/a.d build/prog && rmdir build/one build/two build',
      'distcheck: all clean ; test "$$(ls -A)" = "$(LEFT)"',
    ];
    writeFileSync(join(root, 'Makefile'), `${rules.join('\n')}\n`);
    const make = (...args: string[]) =>
      spawnSync('make', ['-j2', `CC=${HELPER_WORDS} launch -- cc`, ...args], {
        cwd: root,
        encoding: 'utf8',
        ...environment(locks),
      });
    const built = make();
    expect(built.stderr).toBe('');
    expect(existsSync(join(root, 'build', 'prog'))).toBe(true);
    const cleaned = make('clean');
    expect(cleaned.stderr).toBe('');
    expect(readdirSync(root).sort()).toEqual(['.locks', 'Makefile', 'a.c']);
    rmSync(locks, { recursive: true });
    mkdirSync(join(root, 'empty'));
    rmdirSync(join(root, 'empty'));
  });
});

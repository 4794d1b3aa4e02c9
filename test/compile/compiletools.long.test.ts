import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { helper, LOCK_NAMES, leftIn, script, start, temporaryDirectory } from './helper.js';

/* What compiletools 13 expects of its ct-lock-helper beside the lock. */

const PRODUCER = 'printf product > "$last"';

describe('the directory of a target', () => {
  test.each(LOCK_NAMES)('is made where it is missing (%s)', async (strategy) => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', PRODUCER);
    const args = ['compile', '--target=objects/ab/a.o', `--strategy=${strategy}`, '--', produce];
    expect(await helper(args, { cwd: directory })).toMatchObject({ end: 0, stderr: '' });
    expect(readFileSync(join(directory, 'objects/ab/a.o'), 'utf8')).toBe('product');
    const link = ['link', '--target=bin/x/program', `--strategy=${strategy}`, '--', produce, '-o', 'bin/x/program'];
    expect(await helper(link, { cwd: directory })).toMatchObject({ end: 0, stderr: '' });
    expect(readFileSync(join(directory, 'bin/x/program'), 'utf8')).toBe('product');
  });

  test('has the permissions that the umask gives, and is shared below one that is shared', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'shared'));
    chownSync(join(directory, 'shared'), -1, process.getuid?.() === 0 ? 54321 : -1);
    chmodSync(join(directory, 'shared'), 0o2775);
    const produce = script(directory, 'produce', PRODUCER);
    const modes: string[] = [];
    for (const umask of [0o000, 0o022, 0o077]) {
      const own = `own${umask}/deep`;
      const shared = `shared/${umask}/deep`;
      const before = process.umask(umask);
      try {
        await helper(['compile', `--target=${own}/a.o`, '--', produce], { cwd: directory });
        await helper(['compile', `--target=${shared}/a.o`, '--', produce], { cwd: directory });
      } finally {
        process.umask(before);
      }
      for (const path of [own, shared, join(own, '..'), join(shared, '..')])
        modes.push((statSync(join(directory, path)).mode & 0o7777).toString(8));
    }
    expect(modes.slice(0, 4)).toEqual(['777', '2777', '777', '2777']);
    expect(modes.slice(4, 8)).toEqual(['755', '2775', '755', '2775']);
    expect(modes.slice(8)).toEqual(['700', '2770', '700', '2770']);
    if (process.getuid?.() === 0) expect(statSync(join(directory, 'shared/18/deep')).gid).toBe(54321);
  });

  test('is made by several at once', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', PRODUCER);
    const all = Array.from({ length: 8 }, (_, index) =>
      start(['compile', `--target=a/b/c/d/${index}.o`, '--strategy=flock', '--', produce], { cwd: directory }),
    );
    expect(await Promise.all(all.map(async ({ ended }) => (await ended).end))).toEqual(Array(8).fill(0));
    for (const index of all.keys()) expect(existsSync(join(directory, `a/b/c/d/${index}.o`))).toBe(true);
  });

  test('is not made for launch, which runs what it cannot lock as it is', async () => {
    const directory = temporaryDirectory();
    const gcc = script(directory, 'gcc', 'echo ran; exit 3');
    const ended = await helper(['launch', '--', gcc, '-c', 'a.c', '-o', 'no/a.o'], { cwd: directory });
    expect(ended).toMatchObject({ end: 3, stdout: 'ran\n' });
    expect(leftIn(directory, 'gcc')).toEqual([]);
  });

  test('is not made where a symbolic link leads nowhere', async () => {
    const directory = temporaryDirectory();
    symlinkSync('nowhere', join(directory, 'link'));
    const { end } = await helper(['compile', '--target=link/a/x.o', '--', 'true'], { cwd: directory });
    expect(end).toBe(125);
    expect(existsSync(join(directory, 'nowhere'))).toBe(false);
  });
});

describe('CT_RULE_OUTCOMES_LOG', () => {
  const place = () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'outcomes');
    return { directory, log, env: { ...process.env, CT_RULE_OUTCOMES_LOG: log } };
  };

  test('gets a line for each product', async () => {
    const { directory, log, env } = place();
    const produce = script(directory, 'produce', PRODUCER);
    for (const strategy of LOCK_NAMES) {
      await helper(['compile', '--target=./a.o', `--strategy=${strategy}`, '--', produce], { cwd: directory, env });
      await helper(
        ['link', `--target=${directory}/p`, `--strategy=${strategy}`, '--', produce, '-o', `${directory}/p`],
        {
          cwd: directory,
          env,
        },
      );
    }
    expect(readFileSync(log, 'utf8')).toBe(`./a.o\tobj\t0\t0\n${directory}/p\texe\t0\t0\n`.repeat(LOCK_NAMES.length));
    expect(statSync(log).mode & 0o777).toBe(0o644);
  });

  test('gets none for what failed, for launch, or for a name that would break the line', async () => {
    const { directory, log, env } = place();
    const produce = script(directory, 'produce', PRODUCER);
    const run = (...args: string[]) => helper(args, { cwd: directory, env });
    expect((await run('compile', '--target=a.o', '--', 'false')).end).toBe(1);
    expect((await run('compile', '--target=a.o', '--', 'true')).end).toBe(125);
    expect((await run('launch', '--', 'true')).end).toBe(0);
    for (const name of ['a\tb.o', 'a\nb.o'])
      expect((await run('compile', `--target=${name}`, '--', produce)).end).toBe(0);
    expect(existsSync(log)).toBe(false);
  });

  test('that cannot be written, or is a symbolic link, is none of the compile', async () => {
    const { directory, log, env } = place();
    const produce = script(directory, 'produce', PRODUCER);
    writeFileSync(join(directory, 'precious'), 'precious');
    symlinkSync('precious', log);
    const args = ['compile', '--target=a.o', '--', produce];
    expect(await helper(args, { cwd: directory, env })).toMatchObject({ end: 0, stderr: '' });
    expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('precious');
    const elsewhere = { ...env, CT_RULE_OUTCOMES_LOG: join(directory, 'no/such/file') };
    expect(await helper(args, { cwd: directory, env: elsewhere })).toMatchObject({ end: 0, stderr: '' });
    const none = { ...env, CT_RULE_OUTCOMES_LOG: '' };
    expect(await helper(args, { cwd: directory, env: none })).toMatchObject({ end: 0, stderr: '' });
  });

  test('of several at once has whole lines', async () => {
    const { directory, log, env } = place();
    const produce = script(directory, 'produce', PRODUCER);
    const all = Array.from({ length: 12 }, (_, index) =>
      start(['compile', `--target=${index}.o`, '--strategy=flock', '--', produce], { cwd: directory, env }),
    );
    await Promise.all(all.map(({ ended }) => ended));
    const lines = readFileSync(log, 'utf8').split('\n');
    expect(lines.sort()).toEqual(['', ...all.map((_, index) => `${index}.o\tobj\t0\t0`)].sort());
  });
});

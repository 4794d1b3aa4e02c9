import { spawn } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { noOtherUser } from '../support/other-user.js';
import { helper, LOCK_NAMES, pidIn, script, temporaryDirectory } from './helper.js';

const [USER, STRANGER] = [1002, 1001];

/** As /tmp is: everybody may make files there, nobody may remove those of others. */
function everybodys(): { readonly directory: string; readonly produce: string } {
  const around = temporaryDirectory();
  chmodSync(around, 0o755);
  const directory = join(around, 'everybodys');
  mkdirSync(directory);
  chmodSync(directory, 0o1777);
  return { directory, produce: script(around, 'produce', 'echo whole > "$last"') };
}

/** What a stranger has put there. */
function plant(path: string, content: string | undefined, mode: number): void {
  if (content === undefined) mkdirSync(path);
  else writeFileSync(path, content);
  chmodSync(path, mode);
  chownSync(path, STRANGER, STRANGER);
}

const asUser = (directory: string) => ({ cwd: directory, uid: USER, gid: USER });

test('in a directory that is everybody’s nothing is left that others may use', async () => {
  const { directory, produce } = everybodys();
  for (const strategy of [[], ...LOCK_NAMES.map((name) => [`--strategy=${name}`])]) {
    const { end, stderr } = await helper(['compile', '--target=a.o', ...strategy, '--', produce], { cwd: directory });
    expect(stderr).toBe('');
    expect(end).toBe(0);
  }
  const own = `.ct-locks.${process.geteuid?.()}`;
  expect(readdirSync(directory).sort()).toEqual([own, 'a.o']);
  expect(lstatSync(join(directory, own)).mode & 0o777).toBe(0o700);
});

describe.skipIf(noOtherUser !== undefined)(
  `in a directory that is everybody’s (${noOtherUser ?? 'as another user'})`,
  () => {
    test.each(LOCK_NAMES)('what a stranger has put in the place of locks blocks nobody (%s)', async (strategy) => {
      const { directory, produce } = everybodys();
      plant(join(directory, 'a.o.lock'), '', 0o600);
      plant(join(directory, 'a.o.lockdir'), undefined, 0o700);
      plant(join(directory, 'a.o.lock.excl'), '', 0o000);
      const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--', produce];
      const { end, stderr } = await helper(args, asUser(directory));
      expect(stderr).toBe('');
      expect(end).toBe(0);
      expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('whole\n');
    });

    test('nor does the lock that he holds on a file of ours', async () => {
      const { directory, produce } = everybodys();
      writeFileSync(join(directory, 'a.o.lock'), '');
      chmodSync(join(directory, 'a.o.lock'), 0o664);
      chownSync(join(directory, 'a.o.lock'), USER, USER);
      const pid = join(directory, 'pid');
      const held = spawn('flock', ['a.o.lock', 'sh', '-c', `echo $$ > ${pid}; sleep 60`], {
        cwd: directory,
        uid: STRANGER,
        gid: STRANGER,
        detached: true,
      });
      onTestFinished(() => {
        if (held.pid !== undefined) process.kill(-held.pid, 'SIGKILL');
      });
      await pidIn(pid);
      expect((await helper(['compile', '--target=a.o', '--', produce], asUser(directory))).end).toBe(0);
    });

    test('the strategy that he has recorded counts for nobody', async () => {
      const { directory, produce } = everybodys();
      plant(join(directory, '.lock-strategy'), 'nonsense\n', 0o644);
      const first = await helper(['compile', '--target=a.o', '--', produce], asUser(directory));
      expect([first.end, first.stderr]).toEqual([0, '']);
      plant(join(directory, '.lock-strategy'), `locks=${join(directory, 'trap')}\n`, 0o644);
      expect((await helper(['compile', '--target=a.o', '--', produce], asUser(directory))).end).toBe(0);
      mkdirSync(join(directory, 'below'));
      chownSync(join(directory, 'below'), USER, USER);
      expect((await helper(['compile', '--target=below/a.o', '--', produce], asUser(directory))).end).toBe(0);
      expect(readdirSync(directory)).not.toContain('trap');
      expect(readdirSync(join(directory, 'below')).sort()).toEqual(['.lock-strategy', 'a.o', 'a.o.lock']);
    });

    test('that of root does', async () => {
      const { directory, produce } = everybodys();
      mkdirSync(join(directory, 'locks'));
      chmodSync(join(directory, 'locks'), 0o777);
      writeFileSync(join(directory, '.lock-strategy'), 'locks=locks\n');
      expect((await helper(['compile', '--target=a.o', '--', produce], asUser(directory))).end).toBe(0);
      expect(readdirSync(join(directory, 'locks')).sort()).toEqual(['.lock-strategy', 'a.o.lock']);
    });

    test.each(LOCK_NAMES)('who has taken the name of our directory of locks is named (%s)', async (strategy) => {
      const { directory, produce } = everybodys();
      plant(join(directory, `.ct-locks.${USER}`), undefined, 0o777);
      const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--', produce];
      const { end, stderr } = await helper(args, asUser(directory));
      expect(end).toBe(0);
      expect(stderr).toContain(
        `${join(directory, `.ct-locks.${USER}`)} belongs to user ${STRANGER}; no lock is taken for `,
      );
      expect(stderr).toContain('CT_LOCK_DIR');
      expect(readdirSync(join(directory, `.ct-locks.${USER}`))).toEqual([]);
      expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('whole\n');
    });

    test.each(['flock', 'fcntl'])('elsewhere a lock that its owner alone may use is told of (%s)', async (strategy) => {
      const { directory, produce } = everybodys();
      chmodSync(directory, 0o777);
      plant(join(directory, 'a.o.lock'), '', 0o600);
      await new Promise((done) => setTimeout(done, 1100)); // a brand new one may be about to get its permissions
      const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--', produce];
      const { end, stderr } = await helper(args, asUser(directory));
      expect(end).toBe(125);
      const path = join(directory, 'a.o.lock');
      expect(stderr).toMatch(
        new RegExp(
          `: ${path}: no permission to use this lock, which belongs to user ${STRANGER} and group \\d+ \\(mode 600\\)`,
        ),
      );
      expect(stderr).toContain(`; have that user run: chmod 664 ${path}\n`);
    });
  },
);

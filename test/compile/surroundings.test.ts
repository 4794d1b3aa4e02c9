import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noOtherUser } from '../support/other-user.js';
import { HELPER_WORDS, helper, leftIn, SEES_OLDER_TOOLS, script, start, temporaryDirectory } from './helper.js';

test.each(['lockdir', 'cifs', 'flock'])('a closed standard error gets into no lock (%s)', (strategy) => {
  const directory = temporaryDirectory();
  const line = `exec ${HELPER_WORDS} compile --target=a.o --strategy=${strategy} -- /nonexistent/compiler 2>&-`;
  expect(spawnSync('/bin/sh', ['-c', line], { cwd: directory }).status).toBe(125);
  expect(leftIn(directory, 'a.o.lock')).toEqual([]);
  if (existsSync(join(directory, 'a.o.lock'))) expect(statSync(join(directory, 'a.o.lock')).size).toBe(0);
});

test.skipIf(noOtherUser !== undefined).each(['lockdir', 'cifs', 'flock', 'fcntl'])(
  `a directory that may not be searched is an error at once (%s)${noOtherUser === undefined ? '' : ` (${noOtherUser})`}`,
  async (strategy) => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'closed'));
    chmodSync(join(directory, 'closed'), 0o666);
    chmodSync(directory, 0o755);
    const args = ['compile', `--target=${join(directory, 'closed', 'a.o')}`, `--strategy=${strategy}`, '--', 'true'];
    const { child, ended } = start(args, { cwd: '/', uid: 65534, gid: 65534 });
    const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const { end, stderr } = await ended;
    clearTimeout(patience);
    expect(end, stderr).toBe(125);
  },
);

test.skipIf(!SEES_OLDER_TOOLS)('an owner whose number no process can have is dead', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a.o.lockdir'));
  writeFileSync(join(directory, 'a.o.lockdir', 'pid'), `${hostname()}:9999999999`);
  const produce = script(directory, 'produce', 'echo whole > "$last"');
  const { end } = await helper(['compile', '--target=a.o', '--strategy=lockdir', '--', produce], { cwd: directory });
  expect(end).toBe(0);
  expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('whole\n');
});

test('the strategy of a directory is recorded for all who share it, whatever the umask', () => {
  const directory = temporaryDirectory();
  const produce = script(directory, 'produce', 'echo whole > "$last"');
  const line = `umask 077; exec ${HELPER_WORDS} compile --target=a.o -- '${produce}'`;
  expect(spawnSync('/bin/sh', ['-c', line], { cwd: directory }).status).toBe(0);
  expect(statSync(join(directory, '.lock-strategy')).mode & 0o777).toBe(0o664);
});

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import { repositoryAt } from '../updates/repository.js';
import { environment } from '../updates/systems/repositories.js';
import { missing, noRoot, STAGELOCK } from './programs.js';

/** With it, the daemon's minutes pass in seconds; what it starts lives in real time. */
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const SPEED = 12;
const noCron =
  noRoot() ??
  missing('cron') ??
  missing('crontab') ??
  missing('unshare') ??
  (spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'unshare is not permitted') ??
  (existsSync(FAKETIME) ? undefined : 'needs faketime, which is not installed');

let root: string;
let mails: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stagelock-cron-'));
  mails = join(root, 'mails');
  for (const name of ['mails', 'sbin', 'spool', 'run', 'cron.d']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'crontab'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A shell in which cron, its spool, its tables and the sendmail that it calls are ours, and the machine's are not seen. */
function inside(script: string): string[] {
  const mounts = [
    `mount --bind ${root}/sbin /usr/sbin`,
    `mount --bind ${root}/spool /var/spool/cron/crontabs`,
    `mount --bind ${root}/run /run`,
    `mount --bind ${root}/cron.d /etc/cron.d`,
    `if test -e /etc/crontab; then mount --bind ${root}/crontab /etc/crontab; fi`,
  ];
  return ['unshare', '--mount', 'sh', '-ec', `${mounts.join('; ')}; ${script}`];
}

/** A primary and a secondary on a real repository, once a minute, and the daemon that runs them. */
function project() {
  copyFileSync(execFileSync('sh', ['-c', 'command -v cron']).toString().trim(), join(root, 'sbin', 'cron'));
  chmodSync(join(root, 'sbin', 'cron'), 0o755);
  writeFileSync(join(root, 'sbin', 'sendmail'), `#!/bin/sh\nexec cat > ${mails}/$$\n`, { mode: 0o755 });
  const origin = join(root, 'origin');
  mkdirSync(origin);
  execFileSync('git', ['init', '-q', '-b', 'main', origin], { env: environment });
  const repository = repositoryAt(origin);
  repository.commit('first', { a: '1\n' });
  execFileSync('git', ['clone', '-q', origin, join(root, 'source')], { env: environment });
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]
name = "x"
mailto = "team@example.org"
[defaults]
source = "source"
[defaults.stages.build]
shell = 'cat "$STAGELOCK_SOURCE/a" >> built'
[builds.one]
directory = "one"
schedule = "* * * * *"
[builds.one.update]
branch = "main"
[builds.two]
primary = "one"
directory = "two"
offset = "1 s"
`,
  );
  const crontab = (...args: string[]) => {
    const [program = '', ...rest] = inside(
      `${process.execPath} ${STAGELOCK} -c ${config} crontab ${args.join(' ')}; crontab -l || true`,
    );
    return spawnSync(program, rest, { env: environment, encoding: 'utf8' });
  };
  const built = (build: string): string => {
    const file = join(root, build, 'built');
    return existsSync(file) ? readFileSync(file, 'utf8').replaceAll('\n', '') : '';
  };
  return { repository, config, crontab, built };
}

describe.skipIf(noCron !== undefined)(`under the real cron${noCron === undefined ? '' : ` (${noCron})`}`, () => {
  test('the lines are put into the crontab of the user and taken out again', () => {
    const { crontab, config } = project();
    const [program = '', ...rest] = inside('crontab -');
    spawnSync(program, rest, { env: environment, input: '# mine\n17 4 * * *  true\n' });
    const installed = crontab('--install');
    expect(installed).toMatchObject({ status: 0, stderr: '' });
    expect(installed.stdout).toMatch(/^# mine\n17 4 \* \* \* {2}true\n# begin stagelock /);
    expect(installed.stdout).toContain(`--config ${config} run one >>${root}/one.log\n`);
    expect(crontab('--install').stdout).toBe(installed.stdout);
    expect(crontab('--remove').stdout).toBe('# mine\n17 4 * * *  true\n');
  });

  test('check reports lines that still empty their log, and none when they were installed anew', () => {
    const { crontab, config } = project();
    const check = (): string => {
      const [program = '', ...rest] = inside(`${process.execPath} ${STAGELOCK} -c ${config} check`);
      const { status, stdout, stderr } = spawnSync(program, rest, { env: environment, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return stdout;
    };
    const edit = (expression: string): void => {
      const [program = '', ...rest] = inside(`crontab -l | sed -e '${expression}' | crontab -`);
      expect(spawnSync(program, rest, { env: environment, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    };
    expect(check()).not.toContain('emptied');
    expect(crontab('--install')).toMatchObject({ status: 0, stderr: '' });
    expect(check()).not.toContain('emptied');
    edit('s/>>/>/');
    const remedy = `  stagelock --config ${config} crontab --install\n`;
    expect(check()).toContain(
      `${root}/one.log and ${root}/two.log are emptied by each run, because the crontab has \`>\` before it and not \`>>\`. To write these lines anew:\n${remedy}`,
    );
    edit('/run one/s/>\\(.*\\)/>>\\1/; /run two/s/$/ 2>\\&1/');
    expect(check()).toContain(`\n${root}/two.log is emptied by each run`);
    expect(crontab('--install')).toMatchObject({ status: 0, stderr: '' });
    expect(check()).not.toContain('emptied');
    edit(`$a* * * * *  stagelock -c ${config} run one > ${root}/mine 2>\\&1`);
    expect(check()).toMatch(/\/mine is emptied by each run.*\. These lines are not in the block/);
  });

  test('a normal night sends no mail, and a lock that was left sends one that says whose it is and what to do', async () => {
    const { repository, crontab, built } = project();
    expect(crontab('--install')).toMatchObject({ status: 0, stderr: '' });
    const [program = '', ...rest] = inside(`exec env LD_PRELOAD=${FAKETIME} FAKETIME='+0 x${SPEED}' cron -f`);
    const daemon = spawn(program, rest, { env: environment, stdio: 'ignore' });
    const minutes = (count: number): number => (count * 60_000) / SPEED;
    try {
      for (const update of ['1', '2', '3']) {
        if (update !== '1') repository.commit(update, { a: `${update}\n` });
        await until(
          () => `${update} built: ${built('one')} ${built('two')}`,
          () => built('one').endsWith(update) && built('two').endsWith(update),
          minutes(6),
        );
      }
      expect(readdirSync(mails)).toEqual([]);

      const lock = join(root, 'one', 'Testing', 'Temporary', 'running');
      await until('the run to end', () => !existsSync(lock));
      const record = {
        stage: 'running',
        build: 'one',
        site: 'x',
        host: 'elsewhere',
        pid: 4711,
        user: 'carl',
        command: 'stagelock run one',
        buildstamp: '20020131-2100-Continuous',
        run: '0123456789abcdef',
        since: '2002-01-31T21:00:00.000Z',
      };
      writeFileSync(lock, JSON.stringify(record));
      repository.commit('4', { a: '4\n' });
      await until('a mail', () => readdirSync(mails).length > 0, minutes(4));
      // Another three firings, in which nothing has changed.
      await new Promise((resolve) => setTimeout(resolve, minutes(3.5)));
      const [mail = '', ...more] = readdirSync(mails).map((name) => readFileSync(join(mails, name), 'utf8'));
      expect(more).toEqual([]);
      expect(mail).toMatch(/^From: root/m);
      expect(mail).toMatch(/^To: team@example\.org$/m);
      expect(mail).toMatch(/^Subject: Cron <root@\S+> exec .* run one /m);
      expect(mail).toContain(
        `${lock}: run of one, held by pid 4711 of carl on elsewhere (unknown: only elsewhere can tell`,
      );
      expect(mail).toMatch(/stagelock .*unlock|stagelock .*status/);
    } finally {
      daemon.kill('SIGKILL');
    }
  }, 180_000);
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missing, STAGELOCK } from './programs.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "stagelock 100% $HOME 'x' "));
  mkdirSync(join(root, 'src'));
  writeFileSync(
    join(root, 'stagelock.toml'),
    `[project]
name = "An Example"
[scheduler]
time_zone = "Europe/Berlin"
[mail]
to = ["team@example.org"]
[defaults]
source = "src"
[defaults.stages.build]
command = ["true"]
[builds.gcc]
directory = "gcc"
schedule = "*/10 * * * *"
[builds.debug]
primary = "gcc"
directory = "debug"
[builds.slow]
primary = "gcc"
directory = "slow"
offset = "2 min"
[builds.by-hand]
directory = "by-hand"
`,
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const units = (): string => join(root, 'systemd', 'user');

function systemd(...args: string[]) {
  return spawnSync(process.execPath, [STAGELOCK, '-c', join(root, 'stagelock.toml'), 'systemd', ...args], {
    encoding: 'utf8',
    env: { ...process.env, XDG_CONFIG_HOME: root },
  });
}

test.skipIf(missing('systemd-analyze') !== undefined)(
  'the units are right to systemd, and start what they should',
  () => {
    for (const kind of [[], ['--scheduler']]) {
      expect(systemd('--install', ...kind)).toMatchObject({ status: 0, stderr: '' });
      const paths = readdirSync(units()).map((name) => join(units(), name));
      // Everything that it looks for besides is the machine's.
      const verified = spawnSync('systemd-analyze', ['verify', '--user', '--recursive-errors=one', ...paths], {
        encoding: 'utf8',
        env: { ...process.env, SYSTEMD_COLORS: '0', XDG_RUNTIME_DIR: root },
      });
      expect(
        verified.stderr.split('\n').filter((line) => line.includes(units()) || line.includes('stagelock-')),
      ).toEqual([]);
    }
  },
);

test('a timer and a service for each build with a schedule; they are replaced and taken away again', () => {
  const printed = systemd();
  expect(printed).toMatchObject({ status: 0, stderr: '' });
  expect(existsSync(units())).toBe(false);
  const installed = systemd('--install');
  expect(installed.stdout).toBe(
    'systemctl --user daemon-reload && systemctl --user enable --now stagelock-an-example-gcc.timer stagelock-an-example-debug.timer stagelock-an-example-slow.timer\n',
  );
  expect(readdirSync(units()).sort()).toEqual(
    ['debug', 'gcc', 'slow'].flatMap((name) => [
      `stagelock-an-example-${name}.service`,
      `stagelock-an-example-${name}.timer`,
    ]),
  );
  const text = (name: string): string => readFileSync(join(units(), `stagelock-an-example-${name}`), 'utf8');
  for (const name of readdirSync(units())) expect(printed.stdout).toContain(readFileSync(join(units(), name), 'utf8'));
  expect(text('gcc.timer')).toContain('OnCalendar=*-*-* *:00/10:00 Europe/Berlin\n');
  expect(text('debug.timer')).toContain('OnCalendar=*-*-* *:00/10:20 Europe/Berlin\n');
  expect(text('slow.service')).toContain('ExecStartPre=/bin/sleep 120\n');
  expect(text('gcc.service')).toContain('"run" "--mail" "gcc"'.replaceAll('"', ''));
  expect(text('gcc.service')).toContain(
    `--config "${root.replaceAll('%', '%%').replaceAll('$', '$$$$')}/stagelock.toml" run`,
  );

  const scheduler = systemd('--install', '--scheduler');
  expect(readdirSync(units())).toEqual(['stagelock-an-example-schedule.service']);
  expect(scheduler.stdout).toMatch(
    /^systemctl --user disable --now stagelock-an-example-debug.timer .* && systemctl --user daemon-reload && systemctl --user enable --now stagelock-an-example-schedule.service\n$/,
  );

  writeFileSync(join(units(), 'stagelock-other.timer'), '# mine\n');
  expect(systemd('--remove')).toMatchObject({ status: 0, stderr: '' });
  expect(readdirSync(units())).toEqual(['stagelock-other.timer']);
  expect(systemd('--remove')).toMatchObject({ status: 0, stderr: '', stdout: '' });
});

test('a unit that stagelock did not write is not touched', () => {
  mkdirSync(units(), { recursive: true });
  const path = join(units(), 'stagelock-an-example-gcc.timer');
  writeFileSync(path, '# mine\n');
  expect(systemd('--install')).toMatchObject({
    status: 1,
    stderr: `stagelock: ${path} exists and was not written for this configuration; nothing was changed\n`,
  });
  expect(readdirSync(units())).toEqual(['stagelock-an-example-gcc.timer']);
});

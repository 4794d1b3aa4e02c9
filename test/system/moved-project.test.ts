import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { STAGELOCK } from './programs.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stagelock-moved-'));
  for (const name of ['bin', 'src', 'one', 'two']) mkdirSync(join(root, name));
  writeFileSync(
    join(root, 'bin', 'crontab'),
    `#!/bin/sh\ncase $1 in -l) cat ${root}/tab;; *) cat > ${root}/tab;; esac\n`,
    {
      mode: 0o755,
    },
  );
  writeFileSync(join(root, 'tab'), MINE);
  for (const name of ['one', 'two']) writeFileSync(join(root, name, 'stagelock.toml'), configuration(name));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const MINE = '0 4 * * * something else\n';

function configuration(name: string): string {
  return `[project]
name = "${name}"
[defaults]
source = "../src"
[defaults.stages.build]
command = ["true"]
[builds.gcc]
directory = "gcc"
schedule = "*/10 * * * *"
`;
}

function stagelock(project: string, ...args: string[]) {
  return spawnSync(process.execPath, [STAGELOCK, '-c', join(root, project, 'stagelock.toml'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}/bin:${process.env['PATH']}`, XDG_CONFIG_HOME: root },
  });
}

const blocks = (): string[] =>
  [...readFileSync(join(root, 'tab'), 'utf8').matchAll(/^# begin stagelock .*\/(\w+)\/.*$/gm)].map(
    ([, name]) => name ?? '',
  );
const units = (): string[] => readdirSync(join(root, 'systemd', 'user')).filter((name) => name.endsWith('.timer'));

test('the lines of a project that was moved are named, and can be taken out by the path that it had', () => {
  for (const name of ['one', 'two'])
    expect(stagelock(name, 'crontab', '--install')).toMatchObject({ status: 0, stderr: '' });
  renameSync(join(root, 'one'), join(root, 'three'));
  const command = `  stagelock --config ${root}/one/stagelock.toml crontab --remove\n`;
  const installed = stagelock('three', 'crontab', '--install');
  expect(installed).toMatchObject({ status: 0, stderr: expect.stringContaining(command) });
  expect(stagelock('two', 'check').stdout).toContain(command);
  expect(blocks()).toEqual(['one', 'two', 'three']);
  expect(stagelock('one', 'crontab', '--remove')).toMatchObject({ status: 0, stderr: '' });
  expect(blocks()).toEqual(['two', 'three']);
  expect(stagelock('two', 'check').stdout).not.toContain('crontab');
  expect(stagelock('two', 'crontab', '--remove', '--all')).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(root, 'tab'), 'utf8')).toBe(MINE);
});

test('the same for units of systemd', () => {
  for (const name of ['one', 'two']) expect(stagelock(name, 'systemd', '--install').status).toBe(0);
  renameSync(join(root, 'one'), join(root, 'three'));
  expect(stagelock('two', 'check').stdout).toContain(
    `  stagelock --config ${root}/one/stagelock.toml systemd --remove\n`,
  );
  expect(stagelock('one', 'systemd', '--remove')).toMatchObject({ status: 0, stderr: '' });
  expect(units()).toEqual(['stagelock-two-gcc.timer']);
  writeFileSync(join(root, 'systemd', 'user', 'stagelock-mine.timer'), '# mine\n');
  expect(stagelock('two', 'systemd', '--remove', '--all').status).toBe(0);
  expect(units()).toEqual(['stagelock-mine.timer']);
});

test('--all is only for --remove', () => {
  for (const verb of ['crontab', 'systemd']) expect(stagelock('one', verb, '--all').status).toBe(2);
});

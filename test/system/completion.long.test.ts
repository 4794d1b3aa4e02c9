import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { program } from '../../src/cli/program.js';
import { STAGELOCK } from './programs.js';

// Each question starts a shell and a Node.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** A directory with a configuration, the script of each shell, and `stagelock` first in PATH. */
const home = mkdtempSync(join(tmpdir(), 'stagelock-completion-'));
afterAll(() => rmSync(home, { recursive: true }));
const environment = {
  ...process.env,
  HOME: home,
  PATH: `${home}/bin:${process.env['PATH']}`,
  STAGELOCK_CONFIG: undefined,
};

const CONFIGURATION = `
[project]
name = "demo"
[defaults]
source = "."
stages.build.command = ["true"]
[builds.gcc]
directory = "b/gcc"
[builds.gcc-debug]
primary = "gcc"
directory = "b/gcc-debug"
`;
const BUILDS = ['gcc', 'gcc-debug'];
const VISIBLE = program()
  .commands.map((command) => command.name())
  .filter((name) => !['complete-builds', 'doctor-worker'].includes(name))
  .sort();

beforeAll(() => {
  mkdirSync(join(home, 'bin'));
  symlinkSync(STAGELOCK, join(home, 'bin', 'stagelock'));
  writeFileSync(join(home, 'stagelock.toml'), CONFIGURATION);
  mkdirSync(join(home, 'empty'));
  writeFileSync(join(home, 'broken.toml'), '[builds.gcc]\ndirectory = 7\n');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = run('stagelock', ['completion', shell]);
    expect(script.stderr).toBe('');
    writeFileSync(join(home, shell === 'zsh' ? '_stagelock' : `script.${shell}`), script.stdout);
  }
});

function run(command: string, words: readonly string[], directory = home) {
  return spawnSync(command, words, { cwd: directory, env: environment, encoding: 'utf8' });
}

type Offered = (line: string, directory?: string) => string[];

/** As readline does: the words before the cursor, and the one at it. */
const bash: Offered = (line, directory) => {
  const words = line.replaceAll('=', ' = ').split(/ +/);
  const call = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stagelock; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = run('bash', ['--norc', '-c', call, join(home, 'script.bash'), ...words], directory);
  expect(stderr).toBe('');
  return sorted(stdout);
};

const fish: Offered = (line, directory) => {
  const call = `source ${join(home, 'script.fish')}; complete -C '${line}'`;
  const { stdout, stderr } = run('fish', ['--no-config', '-c', call], directory);
  expect(stderr).toBe('');
  return sorted(stdout.replaceAll(/\t.*/g, ''));
};

/** An interactive zsh in a terminal, of which `compadd` writes down what it would offer. */
const ZSH = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1= TERM=dumb; fpath=(\${(q)0:h} \\$fpath); autoload -U compinit; compinit -u -D"
zpty -w z 'compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a offered; builtin compadd -A offered "$@"; print -rl -- $offered >>$HOME/offered
}'
zpty -w z 'after() { zle complete-word; print >$HOME/completed }; zle -N after; bindkey "^I" after'
zpty -w z 'zle-line-init() { print >$HOME/ready }; zle -N zle-line-init'
until_there() { for i in {1..1200}; do [[ -e $HOME/$1 ]] && break; zpty -rt z line; sleep 0.1; done }
until_there ready
zpty -w -n z "$1"$'\\t'
until_there completed
zpty -d z
`;
const zsh: Offered = (line, directory) => {
  for (const name of ['offered', 'ready', 'completed']) rmSync(join(home, name), { force: true });
  const script = join(home, 'ask.zsh');
  writeFileSync(script, ZSH);
  run('zsh', ['-f', script, line], directory);
  const { stdout } = run('sh', ['-c', 'cat "$HOME/completed" "$HOME/offered" 2>&1']);
  expect(stdout).not.toMatch(/completed: No such file/);
  return sorted(stdout.replace(/.*offered: No such file.*/, ''));
};

const sorted = (text: string): string[] => [...new Set(text.split('\n').filter((line) => line !== ''))].sort();

describe.each([
  { shell: 'bash', offered: bash },
  { shell: 'zsh', offered: zsh },
  { shell: 'fish', offered: fish },
])('$shell', ({ shell, offered }) => {
  const missing = spawnSync(shell, ['--version']).error !== undefined;
  const it = missing ? test.skip : test;
  const why = missing ? ` (missing: ${shell})` : '';

  it(`offers every command${why}`, () => expect(offered('stagelock ')).toEqual(VISIBLE));

  it(`offers the builds of the configuration here, or of the one that is named${why}`, () => {
    expect(offered('stagelock run ')).toEqual(BUILDS);
    expect(offered(`stagelock --config ${home}/stagelock.toml status `, join(home, 'empty'))).toEqual(BUILDS);
    expect(offered(`stagelock --config=${home}/stagelock.toml status `, join(home, 'empty'))).toEqual(BUILDS);
    expect(offered('stagelock rename gcc gcc-d')).toEqual(['gcc-debug']);
  });

  it(`says nothing where there is no configuration, or a broken one${why}`, () => {
    expect(offered('stagelock -c /nowhere.toml run ')).toEqual([]);
    expect(offered('stagelock -c ../broken.toml run ', join(home, 'empty'))).toEqual([]);
  });

  it(`offers options and their values${why}`, () => {
    expect(offered('stagelock run --m')).toEqual(['--mail', '--model']);
    expect(offered('stagelock run --model ')).toEqual(['Continuous', 'Experimental', 'Nightly']);
    expect(offered('stagelock completion ')).toEqual(['bash', 'fish', 'zsh']);
  });
});

test('complete-builds is silent, whatever is wrong, and no command that a person sees', () => {
  for (const words of [
    ['-c', '/nowhere.toml'],
    ['-c', 'broken.toml'],
    ['--build-dir', 'x'],
    ['-c', 'x', '--build-dir', 'y'],
  ]) {
    expect(run('stagelock', [...words, 'complete-builds'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  }
  const help = run('stagelock', ['--help']).stdout;
  expect(help).toContain('completion');
  expect(help).not.toContain('complete-builds');
});

test('a program of that name in the directory is not run', () => {
  const trap = join(home, 'empty', 'stagelock');
  writeFileSync(trap, `#!/bin/sh\ntouch ${home}/trapped\necho trapped\n`);
  chmodSync(trap, 0o755);
  expect(bash('./stagelock run ', join(home, 'empty'))).toEqual(BUILDS);
});

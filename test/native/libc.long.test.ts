import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

interface NativeBuild {
  readonly FLAGS: readonly string[];
  readonly LIBRARY_FLAGS: readonly string[];
  readonly cFilesOf: (directory: string) => string[];
}

const script: string = '../../scripts/native.mjs';
const { FLAGS, LIBRARY_FLAGS, cFilesOf } = (await import(script)) as NativeBuild;

const SERVES = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const compilers = ['gcc', 'clang'].filter((cc) => SERVES && spawnSync(cc, ['--version']).status === 0);

function build(compiler: string, options: readonly string[], output: string): void {
  const { status, stderr } = spawnSync(compiler, [...FLAGS, '-Werror', ...options, '-o', output], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

describe.skipIf(compilers.length === 0).each(compilers)('the small C library, built by %s', (compiler) => {
  test('answers as the one of the system', () => {
    const directory = mkdtempSync(join(tmpdir(), 'stagelock-libc-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const driver = resolve('test/native/libc-driver.c');
    build(compiler, ['-O0', driver], join(directory, 'system'));
    build(compiler, [...LIBRARY_FLAGS, driver, ...cFilesOf('native/libc'), '-lgcc'], join(directory, 'small'));
    const said = (name: string): string[] => {
      const cwd = join(directory, `${name}.d`);
      mkdirSync(cwd);
      const env = { ...process.env, DRIVER: 'a=b' };
      const { status, stdout } = spawnSync(join(directory, name), { cwd, env, encoding: 'latin1', maxBuffer: 1e8 });
      expect(status, name).toBe(0);
      return stdout.split('\n');
    };
    const expected = said('system');
    const answers = said('small');
    const first = answers.findIndex((answer, index) => answer !== expected[index]);
    expect({ first, answer: answers[first] }).toEqual({ first: -1, answer: expected[first] });
    expect(answers.length).toBe(expected.length);
  });
});

test.skipIf(!SERVES || spawnSync('cc', ['--version']).status !== 0)('the front is built with it', () => {
  // glibc brings its own messages along, and all of its start.
  expect(readFileSync('dist/ct-lock-helper', 'latin1')).not.toMatch(/glibc (error|detected)|GLIBC_\d/);
});

test.skipIf(!compilers.includes('clang'))('the front is built with it by clang, too, without a warning', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-libc-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const front = join(directory, 'front');
  build('clang', ['-O0', ...LIBRARY_FLAGS, ...cFilesOf('native'), ...cFilesOf('native/libc'), '-lgcc'], front);
  expect(spawnSync(front, ['launch', '--', 'sh', '-c', 'exit 7']).status).toBe(7);
});

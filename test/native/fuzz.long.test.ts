import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import fixtures from '../compile/command-lines.json' with { type: 'json' };
import { hasRuntime } from '../support/runtime.js';

/** How many inputs; more for a longer search. */
const RUNS = Number(process.env['STAGELOCK_FUZZ_RUNS'] ?? 100_000);
const CHECKS = ['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'];

const fuzzes = hasRuntime('clang', ...CHECKS);

test.skipIf(!fuzzes)(
  `no bytes make the native front read or write where it must not${fuzzes ? '' : ' (no clang with libFuzzer)'}`,
  { timeout: 300_000 },
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'stagelock-fuzz-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const sources = readdirSync('native').filter((name) => name.endsWith('.c') && name !== 'main.c');
    const fuzzer = join(directory, 'fuzzer');
    const args = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror', ...CHECKS, '-o', fuzzer];
    const built = spawnSync('clang', [
      ...args,
      resolve('test/native/fuzz.c'),
      ...sources.map((name) => resolve('native', name)),
    ]);
    expect({ status: built.status, stderr: built.stderr.toString() }).toEqual({ status: 0, stderr: '' });

    // Begins with command lines that mean something; mutations of them reach further than noise.
    const corpus = mkdtempSync(join(directory, 'corpus-'));
    fixtures.forEach(({ argv }, index) => {
      writeFileSync(join(corpus, String(index)), argv.join('\0'));
    });
    writeFileSync(join(corpus, 'owner'), 'host:4711:more\n');
    writeFileSync(join(corpus, 'number'), ' .5e+3 ');
    const limits = [
      `-runs=${RUNS}`,
      '-seed=1',
      '-detect_leaks=0',
      '-max_len=2000',
      '-rss_limit_mb=2000',
      '-close_fd_mask=2',
    ];
    const fuzzed = spawnSync(fuzzer, [...limits, corpus], {
      cwd: directory,
      encoding: 'utf8',
      // Nothing is given back before the end of the process, which plans once.
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
    });
    expect(fuzzed.status, fuzzed.stderr).toBe(0);
    expect(readdirSync(directory).filter((name) => name.startsWith('crash'))).toEqual([]);
  },
);

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hasRuntime, SANITIZERS } from '../support/runtime.js';

/** Its driver is built with them. */
export const HAS_SANITIZERS = hasRuntime('cc', ...SANITIZERS);

const SOURCES = [
  'words',
  'sha256',
  'dependency_rule',
  'source_text',
  'word_search',
  'certain_filesystem',
  'filesystem',
  'pattern',
  'listing',
  'lookup',
  'inputs',
  'program',
].map((name) => `native/${name}.c`);

/** The native functions, as a program that answers questions. */
export class NativeOnce {
  readonly #directory = mkdtempSync(join(tmpdir(), 'stagelock-once-'));

  constructor() {
    const strict = ['-std=gnu11', '-D_GNU_SOURCE', '-g', '-O1', '-Wall', '-Wextra', '-Werror'];
    const sources = [...SOURCES, 'test/once/once-driver.c'].map((file) => resolve(file));
    execFileSync('cc', [...strict, ...SANITIZERS, '-o', join(this.#directory, 'driver'), ...sources]);
  }

  /** @param texts one character per byte, none of them \1 */
  ask(kind: 'sha256' | 'rule' | 'source' | 'reading', texts: readonly string[]): string[] {
    const input = texts.map((text) => `${kind}\0${text.replaceAll('\0', '\x01')}\0`).join('');
    const done = spawnSync(join(this.#directory, 'driver'), {
      input: Buffer.from(input, 'latin1'),
      maxBuffer: 1 << 28,
      env: { ASAN_OPTIONS: 'detect_leaks=0' },
    });
    if (done.status !== 0) throw new Error(done.stderr.toString());
    return done.stdout.toString('latin1').split('\0').slice(0, -1);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** As the driver shows it. */
export function answer(words: readonly string[] | undefined): string {
  return words === undefined ? '?\n' : words.map((word) => `${word}\n`).join('');
}

import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendLine, openToAppend } from '../../src/files/append-file.js';
import { noRoot } from '../system/programs.js';
import { temporaryDirectory } from '../updates/repository.js';

function append(path: string, text: string): void {
  const fd = openToAppend(path);
  writeSync(fd, text);
  closeSync(fd);
}

function line(path: string, text: string): void {
  const fd = openToAppend(path);
  appendLine(fd, text);
  closeSync(fd);
}

describe('a file that is appended to', () => {
  test('is made, and keeps what it has', () => {
    const path = join(temporaryDirectory(), 'log');
    append(path, 'a');
    append(path, 'b');
    expect(readFileSync(path, 'utf8')).toBe('ab');
  });

  test('is no link, directory, pipe or socket: these are left alone and named', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'victim'), 'victim');
    symlinkSync('victim', join(directory, 'link'));
    symlinkSync('nowhere', join(directory, 'dangling'));
    mkdirSync(join(directory, 'directory'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    for (const name of ['link', 'dangling', 'directory', 'pipe']) {
      expect(() => openToAppend(join(directory, name))).toThrow(/ is in the way.*\n {2}mv -T -- /);
    }
    expect(readFileSync(join(directory, 'victim'), 'utf8')).toBe('victim');
    expect(readdirSync(directory).sort()).toEqual(['dangling', 'directory', 'link', 'pipe', 'victim']);
  });

  test('with a second name is replaced by a copy, which is appended to', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'log');
    append(path, 'a');
    linkSync(path, join(directory, 'backup'));
    append(path, 'b');
    append(path, 'c');
    expect(readFileSync(path, 'utf8')).toBe('abc');
    expect(readFileSync(join(directory, 'backup'), 'utf8')).toBe('a');
    expect(readdirSync(directory).sort()).toEqual(['backup', 'log']);
  });

  test('with a second name and of great length begins anew', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'log');
    writeFileSync(join(directory, 'huge'), '');
    truncateSync(join(directory, 'huge'), 2 ** 40);
    linkSync(join(directory, 'huge'), path);
    append(path, 'b');
    expect(readFileSync(path, 'utf8')).toBe('b');
    expect(statSync(join(directory, 'huge')).size).toBe(2 ** 40);
  });

  test.skipIf(noRoot() !== undefined)(
    `of another group is copied for nobody of ours (${noRoot() ?? 'as root'})`,
    () => {
      const directory = temporaryDirectory();
      chownSync(directory, 0, 61_000);
      const secret = join(directory, 'secret');
      writeFileSync(secret, 'secret');
      chownSync(secret, 61_001, 61_007);
      chmodSync(secret, 0o640);
      linkSync(secret, join(directory, 'log'));
      append(join(directory, 'log'), 'x');
      expect(readFileSync(secret, 'utf8')).toBe('secret');
      expect(statSync(join(directory, 'log')).mode & 0o777).toBe(0o600);
    },
  );
});

describe('a line that is appended', () => {
  test('is one of its own, after one that was cut off, too', () => {
    const path = join(temporaryDirectory(), 'lines');
    line(path, '{"a":1}');
    line(path, '{"a":2}');
    appendFileSync(path, '{"a":');
    line(path, '{"a":3}');
    line(path, '{"a":4}');
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n{"a":\n{"a":3}\n{"a":4}\n');
  });

  test('of several processes at once is there whole, once', () => {
    const path = join(temporaryDirectory(), 'lines');
    const module = new URL('../../dist/internals/locks.js', import.meta.url).pathname;
    const script = `import { appendLine, openToAppend } from ${JSON.stringify(module)};
      for (let i = 0; i < 200; i++) { const fd = openToAppend(${JSON.stringify(path)}); appendLine(fd, JSON.stringify({ who: process.pid, i })); }`;
    const program = `for n in 1 2 3; do "$0" --input-type=module -e "$1" & done; wait`;
    spawnSync('sh', ['-c', program, process.execPath, script], { stdio: 'inherit' });
    // An empty one stands where a process saw half of another one's line; readers pass over it.
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
    expect(lines).toHaveLength(600);
    expect(new Set(lines).size).toBe(600);
    expect(lines.every((text) => typeof JSON.parse(text).i === 'number')).toBe(true);
  });
});

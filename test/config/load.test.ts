import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findConfig, loadProject } from '../../src/config/load.js';

const here = { hostname: 'host' };
const RIGHT = '[project]\nname = "E"\n[builds.gcc]\nsource = "s"\ndirectory = "d"\nupdate = { branch = "main" }\n';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-config-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}

function messages(file: string): string[] {
  const loaded = loadProject(file, here);
  return loaded.kind === 'loaded' ? [] : loaded.problems.map((problem) => `${problem.file}: ${problem.message}`);
}

describe('loadProject', () => {
  it('takes relative paths from the directory of the file', () => {
    const loaded = loadProject(write('stagelock.toml', RIGHT), here);
    expect(loaded).toMatchObject({ kind: 'loaded', project: { file: join(directory, 'stagelock.toml') } });
    expect(loaded.kind === 'loaded' && loaded.project.builds.get('gcc')).toMatchObject({
      source: join(directory, 's'),
      directory: join(directory, 'd'),
      site: 'host',
    });
  });

  it('reads a file from an editor that writes a byte order mark and CRLF', () => {
    const file = write('bom.toml', `\ufeff${RIGHT.replaceAll('\n', '\r\n')}`);
    expect(loadProject(file, here).kind).toBe('loaded');
  });

  it('names the file as it was given when it is missing, a directory or not text', () => {
    expect(messages('no/such.toml')).toEqual(['no/such.toml: there is no such file; `stagelock init` writes one']);
    expect(messages(directory)).toEqual([`${directory}: this is a directory, expected a file`]);
    const latin1 = write('latin1.toml', Buffer.from('[project]\nname = "K\xf6ln"\n', 'latin1'));
    expect(messages(latin1)).toEqual([`${latin1}: the file is not UTF-8 text, as a configuration must be`]);
    expect(messages(`${latin1}/below`)[0]).toContain('the file cannot be read: ENOTDIR');
  });

  it.skipIf(process.getuid?.() === 0)('says when the file may not be read (needs another user than root)', () => {
    const file = write('secret.toml', RIGHT);
    chmodSync(file, 0);
    expect(messages(file)).toEqual([`${file}: this user has no permission to read the file`]);
  });
});

describe('findConfig', () => {
  it('looks in the directory and those above it, the nearest first', () => {
    const deep = join(directory, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    const top = write('stagelock.toml', '');
    expect(findConfig(deep)).toBe(top);
    expect(findConfig(directory)).toBe(top);
    const nearer = write('a/stagelock.toml', '');
    expect(findConfig(deep)).toBe(nearer);
  });

  it('finds nothing where there is none, and takes no directory of that name', () => {
    mkdirSync(join(directory, 'stagelock.toml'));
    expect(findConfig(directory)).toBeUndefined();
  });

  it.runIf(process.getuid?.() === 0)(
    'does not run what another user left in a directory like /tmp (needs root)',
    () => {
      const below = join(directory, 'below');
      mkdirSync(below);
      const file = write('stagelock.toml', '');
      chmodSync(directory, 0o1777);
      expect(findConfig(below)).toBe(file);
      chownSync(file, 12_345, 12_345);
      expect(findConfig(below)).toBeUndefined();
      expect(findConfig(directory)).toBe(file);
      chmodSync(directory, 0o755);
      expect(findConfig(below)).toBe(file);
    },
  );

  it('takes an explicit file as it is, there or not', () => {
    write('stagelock.toml', '');
    expect(findConfig(directory, 'other.toml')).toBe(join(directory, 'other.toml'));
    expect(findConfig(directory, '/x/y.toml')).toBe('/x/y.toml');
  });
});

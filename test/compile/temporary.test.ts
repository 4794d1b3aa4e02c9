import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planCompile } from '../../src/compile/plan.js';
import { readResponseFile } from '../../src/compile/response-file.js';
import { discard, publish, uniqueNow } from '../../src/compile/temporary.js';
import { temporaryDirectory } from './helper.js';

describe('a temporary', () => {
  const temporaryFor = (target: string): string =>
    planCompile({ command: ['cc'], target }, uniqueNow(), readResponseFile).temporary;

  test('stands next to its target, with the pid and something nobody can guess', () => {
    expect(temporaryFor('/objects/main.o')).toMatch(/^\/objects\/main\.o\.\d+\.[0-9a-f]{16}\.tmp$/);
    expect(temporaryFor('main.o')).toContain(`.${process.pid}.`);
    expect(temporaryFor('main.o')).not.toBe(temporaryFor('main.o'));
  });

  test('is no option and no response file, whatever its target is called', () => {
    expect(temporaryFor('-c.o')).toMatch(/^\.\/-c\.o\.\d+\./);
    expect(temporaryFor('@list.o')).toMatch(/^\.\/@list\.o\.\d+\./);
  });

  test('replaces the target when it is published', () => {
    const directory = temporaryDirectory();
    const [temporary, target] = [join(directory, 'a.tmp'), join(directory, 'a.o')];
    writeFileSync(target, 'old');
    writeFileSync(temporary, 'new');
    expect(publish(temporary, target)).toBe('published');
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(existsSync(temporary)).toBe(false);
  });

  test('that was never made leaves the target as it is', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.o'), 'old');
    expect(publish(join(directory, 'a.tmp'), join(directory, 'a.o'))).toBe('absent');
    expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('old');
    expect(() => discard(join(directory, 'a.tmp'))).not.toThrow();
  });

  test('does not replace a directory', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'a.o'));
    writeFileSync(join(directory, 'a.tmp'), 'new');
    expect(() => publish(join(directory, 'a.tmp'), join(directory, 'a.o'))).toThrow(/EISDIR/);
  });
});

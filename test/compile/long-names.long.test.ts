import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import { HAS_GCC, helper, LOCK_NAMES, leftIn, pidIn, script, start, temporaryDirectory } from './helper.js';

/** A name of that many bytes; in the middle of one of its characters everything that counts bytes might cut it. */
function nameOf(bytes: number, ending = '.o'): string {
  const rest = bytes - 63 - Buffer.byteLength(ending);
  return `${'n'.repeat(63)}${'ü'.repeat(Math.floor(rest / 2))}${'x'.repeat(rest % 2)}${ending}`;
}

const LENGTHS = [226, 231, 238, 245, 246, 248, 250, 251, 255];

describe.each(LOCK_NAMES)('a name of up to 255 bytes (%s)', (strategy) => {
  test.each(LENGTHS)('is no reason to fail: %i', async (bytes) => {
    const directory = temporaryDirectory();
    const name = nameOf(bytes);
    expect(Buffer.byteLength(name)).toBe(bytes);
    const produce = script(directory, 'produce', 'echo whole > "$last"');
    const { end, stderr } = await helper(['compile', `--target=${name}`, `--strategy=${strategy}`, '--', produce], {
      cwd: directory,
    });
    expect(stderr).toBe('');
    expect(end).toBe(0);
    expect(readFileSync(join(directory, name), 'utf8')).toBe('whole\n');
    expect(leftIn(directory, name, 'produce').filter((left) => !left.endsWith('.lock'))).toEqual([]);
  });

  test.each([231, 255])('excludes: %i', async (bytes) => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'o'));
    const name = nameOf(bytes);
    const enter = `mkdir '${directory}/inside' || touch '${directory}/overlap'; sleep 0.05; rmdir '${directory}/inside'`;
    const produce = script(directory, 'produce', `${enter}; echo whole > "$last"`);
    // As seen from elsewhere, too: the name decides, not the path.
    const ways = [
      { cwd: directory, target: `o/${name}` },
      { cwd: join(directory, 'o'), target: name },
      { cwd: '/', target: join(directory, 'o', name) },
      { cwd: directory, target: `./o/../o/${name}` },
    ];
    const ends = await Promise.all(
      ways.map(({ cwd, target }) =>
        helper(['compile', `--target=${target}`, `--strategy=${strategy}`, '--', produce], { cwd }),
      ),
    );
    expect(ends.map(({ end }) => end)).toEqual([0, 0, 0, 0]);
    expect(existsSync(join(directory, 'overlap'))).toBe(false);
  });
});

describe.skipIf(!HAS_GCC)('a compiler with a long name to write (needs gcc)', () => {
  const COMMANDS: readonly (readonly [string, string, (name: string) => readonly string[]])[] = [
    ['an object', '.o', (name) => ['gcc', '-c', 'a.c', '-o', name]],
    ['an object and its dependencies, as Meson asks for them', '.o', meson],
    ['assembly', '.s', (name) => ['gcc', '-S', 'a.c', '-o', name]],
    ['a library', '.a', (name) => ['ar', 'rcs', name, 'a.c']],
    ['a program', '', (name) => ['gcc', 'a.c', '-o', name]],
  ];
  function meson(name: string): string[] {
    return ['gcc', '-MD', '-MQ', name, '-MF', 'a.d', '-c', 'a.c', '-o', name];
  }

  test.each(COMMANDS)('%s', async (_, ending, command) => {
    for (const bytes of LENGTHS) {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'a.c'), 'int main(void) { return 0; }\n');
      const name = nameOf(bytes, ending);
      const { end, stderr } = await helper(['launch', '--', ...command(name)], { cwd: directory });
      expect(stderr).toBe('');
      expect(end).toBe(0);
      expect(existsSync(join(directory, name))).toBe(true);
      expect(leftIn(directory, name, 'a.c', 'a.d').filter((left) => !left.endsWith('.lock'))).toEqual([]);
    }
  });

  test('files that are named after the output get the same names', async () => {
    const directory = temporaryDirectory();
    const name = nameOf(250);
    writeFileSync(join(directory, 'a.c'), 'int main(void) { return 0; }\n');
    const { end, stderr } = await helper(['launch', '--', 'gcc', '-MD', '-c', 'a.c', '-o', name], { cwd: directory });
    expect(stderr).toBe('');
    expect(end).toBe(0);
    expect(readFileSync(join(directory, name.replace(/o$/, 'd')), 'utf8')).toMatch(`${name}:`);
  });
});

test.each(LOCK_NAMES)('the temporary of a long name begins as the name does (%s)', async (strategy) => {
  const directory = temporaryDirectory();
  const name = nameOf(255);
  const produce = script(directory, 'produce', `echo part > "$last"; echo $$ > '${directory}/pid'; exec sleep 60`);
  const { child, ended } = start(['compile', `--target=${name}`, `--strategy=${strategy}`, '--', produce], {
    cwd: directory,
  });
  await pidIn(join(directory, 'pid'));
  await until('the temporary is there', () => readdirSync(directory).some((entry) => entry.endsWith('.tmp')));
  const [temporary = ''] = readdirSync(directory).filter((entry) => entry.endsWith('.tmp'));
  expect(temporary).toMatch(/^n{63}~[0-9a-f]{16}\.\d+\.[0-9a-f]{16}\.tmp$/);
  child.kill('SIGTERM');
  await ended;
});

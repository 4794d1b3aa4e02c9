import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/*
 * What the build files at the top of a source say of it. Each is read as far as its beginning, and a look that fails finds nothing: all of
 * this is only proposed to a person.
 */

/** What a project is called in the files of its build tool; undefined where none says so in plain words. */
export function nameInBuildFiles(source: string): string | undefined {
  const found =
    /^[ \t]*project[ \t\n]*\([ \t\n]*"?([\w.+-]+)"?/im.exec(beginningOf(join(source, 'CMakeLists.txt'))) ??
    /^[ \t]*project[ \t]*\(\s*'([^'\n]+)'/m.exec(beginningOf(join(source, 'meson.build'))) ??
    /^\[package\][^[]*?^name[ \t]*=[ \t]*"([^"\n]+)"/ms.exec(beginningOf(join(source, 'Cargo.toml')));
  return found?.[1] ?? packageOf(source)?.name;
}

/** Which of the targets that a Makefile usually has are in that of a source. */
export function targetsOf(source: string): string[] {
  const text = beginningOf(join(source, 'GNUmakefile')) || beginningOf(join(source, 'Makefile'));
  return ['check', 'test'].filter((target) => new RegExp(`^${target}[ \\t]*:(?!=)`, 'm').test(text));
}

/** What a `package.json` says. */
interface Package {
  readonly name: string | undefined;
  /** Those that do something: npm makes a `test` that only fails. */
  readonly scripts: readonly string[];
}

/** Of the source; undefined where it has no `package.json` that can be read. */
export function packageOf(source: string): Package | undefined {
  let found: unknown;
  try {
    found = JSON.parse(beginningOf(join(source, 'package.json')));
  } catch {
    return undefined;
  }
  if (!isTable(found)) return undefined;
  const scripts = isTable(found['scripts']) ? Object.entries(found['scripts']) : [];
  return {
    name: typeof found['name'] === 'string' && found['name'] !== '' ? found['name'] : undefined,
    scripts: scripts.flatMap(([name, script]) =>
      typeof script === 'string' && !script.includes('no test specified') ? [name] : [],
    ),
  };
}

const ASK_MS = 10_000;

/** The presets for configuring that CMake itself offers on this machine, in its order: it knows which of them are for other systems. */
export function presetsOf(source: string): string[] {
  if (!['CMakePresets.json', 'CMakeUserPresets.json'].some((name) => existsSync(join(source, name)))) return [];
  const { status, stdout } = spawnSync('cmake', ['--list-presets=configure'], {
    cwd: source,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ASK_MS,
  });
  if (status !== 0) return [];
  // They stand in a shell command.
  return [...stdout.matchAll(/^ {2}"([\w.+-]+)"/gm)].flatMap(([, name = '']) => (name.startsWith('-') ? [] : [name]));
}

const MOST_BYTES = 256 * 1024;

/** The beginning of a regular file; empty where there is none that can be read. */
function beginningOf(file: string): string {
  try {
    if (!statSync(file).isFile()) return '';
    const fd = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(MOST_BYTES);
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../host/error-code.js';

/*
 * ct.conf of compiletools, as far as a clean-up cares: lines of `key = value`.
 */

/** Where compiletools looks from. */
export interface CtSurroundings {
  readonly directory: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The root of the git repository that a directory lies in, or the directory itself. As in compiletools, a `.git` that is empty is none.
 */
export function gitRootOf(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    const kind = kindAt(join(at, '.git'));
    if (kind === 'file' || (kind === 'directory' && kindAt(join(at, '.git', 'HEAD')) !== undefined)) return at;
    if (dirname(at) === at) return directory;
  }
}

/** The directories whose configuration counts, the most important one last. */
export function configDirectories({ directory, home, environment }: CtSurroundings): string[] {
  const root = gitRootOf(directory);
  const site = (environment['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':')[0] ?? '';
  const user = environment['XDG_CONFIG_HOME'] || join(home, '.config');
  return unique([
    directory,
    root,
    join(root, 'ct.conf.d'),
    join(root, 'src', 'compiletools', 'ct.conf.d'),
    join(directory, 'ct.conf.d'),
    join(user, 'ct'),
    join(site, 'ct'),
  ]).reverse();
}

/**
 * What the configuration says, all files together: each ct.conf, then the files of the variant's parts, then the one that is named.
 *
 * @param variant its parts
 * @param named a file that has to be there
 * @throws the system's error for a file that cannot be read
 */
export function readConfiguration(
  surroundings: CtSurroundings,
  variant: readonly string[],
  named: string | undefined,
): ReadonlyMap<string, string> {
  const directories = configDirectories(surroundings);
  const names = unique(['ct', ...variant, variant.join('.')]).filter((name) => name !== '' && !name.includes('/'));
  const paths = names.flatMap((name) => directories.map((directory) => join(directory, `${name}.conf`)));
  const files = paths.filter((path) => kindAt(path) === 'file');
  if (named !== undefined) files.push(named);
  const settings = new Map<string, string>();
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const [key, value] of parseCtConf(text, dirname(realpathSync(file)), surroundings)) settings.set(key, value);
  }
  return settings;
}

const LINE = /^([^:=;#\s]+)(?:\s*[:=]\s*|\s+|$)(.*)$/s;

/** The settings of one file. What makes no sense is left out: it is for compiletools to complain of. */
export function parseCtConf(
  text: string,
  directory: string,
  { home, environment }: Pick<CtSurroundings, 'home' | 'environment'>,
): [key: string, value: string][] {
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    const trimmed = line.trim();
    if (/^(?:[#;[]|---|$)/.test(trimmed)) return [];
    const [, key, rest = ''] = LINE.exec(trimmed) ?? [];
    if (key === undefined) return [];
    const bare = withoutComment(rest);
    const quoted = /^(['"])(.*)\1$/s.exec(bare)?.[2];
    return [
      [
        key,
        expand(
          (quoted ?? bare).replace(/\$\{CONF_DIR\}/g, () => directory),
          home,
          environment,
        ),
      ],
    ];
  });
}

/** A comment begins with `#` or `;` after a space. */
function withoutComment(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const isComment = (text[at] === '#' || text[at] === ';') && (at === 0 || /\s/.test(text[at - 1] ?? ''));
    if (isComment) return text.slice(0, at).trimEnd();
  }
  return text;
}

/** `$NAME`, `${NAME}` and `~`; `$$` is a dollar. What is not set stays as it is. */
function expand(text: string, home: string, environment: CtSurroundings['environment']): string {
  const value = text.replace(/\$\$|\$(?:(\w+)|\{([^}]*)\})/g, (whole, short?: string, long?: string) =>
    whole === '$$' ? '$' : (environment[short ?? long ?? ''] ?? whole),
  );
  return value === '~' || value.startsWith('~/') ? home + value.slice(1) : value;
}

function kindAt(path: string): 'file' | 'directory' | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? 'file' : stat?.isDirectory() ? 'directory' : undefined;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined; // in a directory that we may not search, or below a file
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isBuildName } from './names.js';

/** What a source tree is built with; `make-in-source` has its only Makefile in the source tree. */
export type Tool = 'cmake' | 'meson' | 'autotools' | 'ninja' | 'make' | 'make-in-source' | 'unknown';

/** What `stagelock init` found out, for {@link writeTemplate}. */
export interface Facts {
  /** Of the project. */
  readonly project: string;
  /** Of the build; a valid build name. */
  readonly name: string;
  /** Absolute paths. */
  readonly source: string;
  readonly directory: string;
  readonly tool: Tool;
  /** What the git checkout follows; undefined without one, or when it follows nothing. */
  readonly upstream: Upstream | undefined;
}

/** A branch of a remote. */
export interface Upstream {
  readonly remote: string;
  readonly branch: string;
}

/** Looks at a source and a build directory; neither has to exist. `name` is that of the build, if it is known. */
export function detect(directories: { source: string; directory: string; name?: string }): Facts {
  const source = resolve(directories.source);
  const directory = resolve(directories.directory);
  return {
    project: projectName(source, directory),
    name: directories.name ?? buildName(basename(directory)),
    source,
    directory,
    tool: toolOf(source, directory),
    upstream: upstreamOf(source),
  };
}

/** A valid build name as close as possible to the name of its directory. */
export function buildName(directoryName: string): string {
  const name = directoryName
    .replaceAll(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .replace(/[-.]+$/, '');
  return isBuildName(name) ? name : 'build';
}

function projectName(source: string, directory: string): string {
  return cmakeCache(directory)?.get('CMAKE_PROJECT_NAME') || basename(source).trim() || 'project';
}

function toolOf(source: string, directory: string): Tool {
  const built = (file: string): boolean => existsSync(join(directory, file));
  const has = (file: string): boolean => existsSync(join(source, file));
  // A configured build directory says for certain what the source tree only suggests.
  if (built('CMakeCache.txt')) return 'cmake';
  if (built('meson-private')) return 'meson';
  if (built('config.status')) return 'autotools';
  if (has('CMakeLists.txt')) return 'cmake';
  if (has('meson.build')) return 'meson';
  if (has('configure')) return 'autotools';
  if (built('build.ninja')) return 'ninja';
  if (built('Makefile') || built('GNUmakefile')) return 'make';
  return has('Makefile') || has('GNUmakefile') ? 'make-in-source' : 'unknown';
}

/** The entries `NAME:TYPE=VALUE` of a CMakeCache.txt. */
function cmakeCache(directory: string): ReadonlyMap<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, 'CMakeCache.txt'), 'utf8');
  } catch {
    return undefined;
  }
  const entries = text.matchAll(/^([^#/:=\s][^:=\n]*):[A-Z]+=(.*)$/gm);
  return new Map([...entries].map(([, name = '', value = '']) => [name, value.trim()]));
}

/** What a checkout follows. Asks git itself, which knows about worktrees, submodules and included configuration files. */
export function upstreamOf(source: string): Upstream | undefined {
  const current = git(source, 'symbolic-ref', '--quiet', '--short', 'HEAD');
  if (current !== undefined) {
    const remote = git(source, 'config', '--get', `branch.${current}.remote`);
    const merge = git(source, 'config', '--get', `branch.${current}.merge`);
    // A remote of `.` means that the branch follows another local one.
    if (remote !== undefined && remote !== '.' && merge?.startsWith('refs/heads/')) {
      return { remote, branch: merge.slice('refs/heads/'.length) };
    }
  }
  const remotes = git(source, 'remote')?.split('\n') ?? [];
  const remote = remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined;
  if (remote === undefined) return undefined;
  const head = git(source, 'symbolic-ref', '--quiet', '--short', `refs/remotes/${remote}/HEAD`);
  const branch = current ?? head?.slice(remote.length + 1);
  return branch === undefined ? undefined : { remote, branch };
}

/** The trimmed output of a git command, or undefined when it fails, says nothing, or there is no git. */
function git(directory: string, ...args: string[]): string | undefined {
  // A GIT_DIR from a hook or a rebase would answer for another repository.
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  try {
    const output = execFileSync('git', ['-C', directory, ...args], {
      encoding: 'utf8',
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return output.trim() || undefined;
  } catch {
    return undefined;
  }
}

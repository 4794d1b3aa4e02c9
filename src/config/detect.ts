import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { followedBranch, type Upstream } from './git-upstream.js';
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
  /** Whether the source has a `.gitmodules`. */
  readonly submodules: boolean;
}

/** Looks at a source and a build directory; neither has to exist. `name` is that of the build, if it is known. */
export function detect(directories: { source: string; directory: string; name?: string }): Facts {
  const source = resolve(directories.source);
  const directory = resolve(directories.directory);
  const followed = followedBranch(source);
  return {
    project: projectName(source, directory),
    name: directories.name ?? buildName(basename(directory)),
    source,
    directory,
    tool: toolOf(source, directory),
    submodules: existsSync(join(source, '.gitmodules')),
    upstream: followed.kind === 'upstream' ? { remote: followed.remote, branch: followed.branch } : undefined,
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

/** The cmake that has configured a build directory, if it says so. */
export function cmakeOfCache(directory: string): string | undefined {
  return cmakeCache(directory)?.get('CMAKE_COMMAND') || undefined;
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

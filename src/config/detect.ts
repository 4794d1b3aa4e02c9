import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { nameInBuildFiles, packageOf, presetsOf, targetsOf } from './build-files.js';
import { type CTestUpdate, ctestUpdateOf } from './ctest-update.js';
import { isBuildName } from './names.js';
import { remoteOf } from './source-remote.js';

/** What a source tree is built with; `make-in-source` has its only Makefile in the source tree. */
export type Tool =
  | 'cmake'
  | 'meson'
  | 'autotools'
  | 'cargo'
  | 'npm'
  | 'pnpm'
  | 'yarn'
  | 'ninja'
  | 'make'
  | 'make-in-source'
  | 'unknown';

/** What `stagelock init` found out, for {@link writeTemplate}. */
export interface Facts {
  /** Of the project. */
  readonly project: string;
  /** Of the build; a valid build name. */
  readonly name: string;
  readonly tool: Tool;
  /** CMake's presets for configuring, as far as they are for this machine. */
  readonly presets: readonly string[];
  /** Targets of a Makefile, scripts of a `package.json`. */
  readonly targets: readonly string[];
  /** Whether the versions of what it depends on are part of the source: `Cargo.lock`, `package-lock.json`. */
  readonly locked: boolean;
  /** How the source can be updated, or why it cannot. */
  readonly update: CTestUpdate;
  /** From where, without user and password. */
  readonly remote: string | undefined;
  /** Whether the source has a `.gitmodules`. */
  readonly submodules: boolean;
}

/** Looks at a source and a build directory; neither has to exist. `name` is that of the build, if it is known. */
export function detect(directories: { source: string; directory: string; name?: string }): Facts {
  const source = resolve(directories.source);
  const directory = resolve(directories.directory);
  const tool = toolOf(source, directory);
  return {
    project: projectName(source, directory),
    name: directories.name ?? buildName(basename(directory)),
    tool,
    presets: tool === 'cmake' ? presetsOf(source) : [],
    targets: tool === 'make-in-source' ? targetsOf(source) : isNode(tool) ? (packageOf(source)?.scripts ?? []) : [],
    locked: existsSync(join(source, tool === 'cargo' ? 'Cargo.lock' : 'package-lock.json')),
    ...updateOf(source),
    submodules: existsSync(join(source, '.gitmodules')),
  };
}

/** Whether a directory has what a source has: build files, or a work tree of a version control system. */
export function looksLikeSource(directory: string): boolean {
  const signs = ['.git', '.svn', '.hg', 'CVS/Entries'];
  return toolOf(directory, directory) !== 'unknown' || signs.some((sign) => existsSync(join(directory, sign)));
}

/** Whether a tool builds in the source tree, so that a second build would overwrite what the first one makes. */
export function buildsInSource(tool: Tool): boolean {
  return tool === 'make-in-source' || isNode(tool);
}

function isNode(tool: Tool): boolean {
  return tool === 'npm' || tool === 'pnpm' || tool === 'yarn';
}

/** Mercurial alone has repositories that are clones of none. */
function updateOf(source: string): Pick<Facts, 'update' | 'remote'> {
  const update = ctestUpdateOf((key) => (key === 'SourceDirectory' ? source : ''));
  const remote = update.kind === 'update' ? remoteOf(source, update.table) : undefined;
  if (update.kind !== 'update' || update.table.type !== 'hg' || remote !== undefined) return { update, remote };
  const message = `${source} follows no other repository: there is no default path in its .hg/hgrc`;
  return { update: { kind: 'obstacle', message }, remote };
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
  const name =
    cmakeCache(directory)?.get('CMAKE_PROJECT_NAME') ||
    nameInBuildFiles(source) ||
    basename(source).trim() ||
    'project';
  // No name of a configuration has one.
  return name.replaceAll(/\p{Cc}/gu, ' ');
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
  if (has('Cargo.toml')) return 'cargo';
  if (has('Makefile') || has('GNUmakefile')) return 'make-in-source';
  if (!has('package.json')) return 'unknown';
  return has('pnpm-lock.yaml') ? 'pnpm' : has('yarn.lock') ? 'yarn' : 'npm';
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

import { fstatSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Project } from '../config/project.js';
import { runLogOf } from './run-command.js';

/**
 * Every file that the builds and schedulers of a project write themselves: build directories, the schedulers' state with its
 * spool of mails, logs, drop boxes, test results, and what their updates leave in the administrative directory of the
 * version control system. A change of them is no reason to build.
 */
export interface ProjectFiles {
  /** @param path absolute, without symbolic links but perhaps the last */
  readonly owns: (path: string) => boolean;
  /** Whether what stands there is only a directory on the way to some of them, which may be made and removed with them. */
  readonly leadTo: (path: string) => boolean;
  /** Equal when the same files are meant. */
  readonly identity: string;
}

/** Names in one directory that a pattern stands for. */
interface Names {
  readonly directory: string;
  readonly pattern: RegExp;
}

/** The administrative directory of a version control system, and which of its files change with news, relative to it. */
interface Administration {
  readonly directory: string;
  readonly news: RegExp;
}

/** What updates of ours do not write, or only when they have brought something. */
const GIT_NEWS = /^(?:HEAD|packed-refs|config|reftable(?:\/.*)?|refs(?:\/.*)?)$(?<!\.lock)/;
const HG_NEWS = /^(?:store|store\/00changelog\.\w+|bookmarks|branch)$/;
const NO_NEWS = /^(?!)/;

/**
 * A log, and whose it is by its name what logrotate and the like make of it, and what they leave for an instant: `gcc.log`,
 * `gcc.log.1`, `gcc.log-20261126.gz`. Looked up, since there are as many logs as builds.
 */
function isLog(path: string, logs: ReadonlySet<string>): boolean {
  if (logs.has(path)) return true;
  const start = path.lastIndexOf('/') + 1;
  for (let end = start + 1; end < path.length; end++) {
    if ('.~-'.includes(path[end] ?? '') && logs.has(path.slice(0, end))) return true;
  }
  return false;
}

/**
 * Which files a project writes, as the file system is now: directories that become links later still belong to it by
 * their names, but what they lead to only after the next call.
 *
 * @param outputs files that the asking scheduler itself writes to; absolute
 */
export function projectFiles(project: Project, outputs: readonly string[] = []): ProjectFiles {
  const builds = [...project.builds.values()];
  // Of a build in its source, the source is not the build's.
  const sources = new Set(builds.map(({ source }) => realPath(source)));
  const ancestors = new Set([...sources].flatMap(wayUp));
  const directories = [
    project.scheduler.state,
    ...builds.map(({ directory }) => (ancestors.has(realPath(directory)) ? join(directory, 'Testing') : directory)),
    ...builds.flatMap(({ submission }) => (submission?.type === 'directory' ? [submission.directory] : [])),
  ].flatMap(pathsOf);
  const logs = new Set([...outputs, ...builds.map((build) => runLogOf(project, build))].flatMap(placesOf));
  const globs = new Set(builds.flatMap(({ stages }) => stages.flatMap(({ junit }) => junit ?? [])));
  const names = [...globs].flatMap(namesAt);
  const administrations = [...sources].flatMap(administrationsOf);
  const patterns = new Map<string, RegExp[]>();
  for (const { directory, pattern } of names) {
    const others = patterns.get(directory);
    if (others === undefined) patterns.set(directory, [pattern]);
    else others.push(pattern);
  }
  const places = new Set(directories);
  const onTheWay = new Set(directories.flatMap((directory) => wayUp(dirname(directory))));
  const news = new Map(administrations.map((administration) => [administration.directory, administration.news]));
  return {
    owns: (path) =>
      isLog(path, logs) ||
      patterns.get(dirname(path))?.some((pattern) => pattern.test(basename(path))) === true ||
      wayUp(path).some((place) => {
        const tells = news.get(place);
        return places.has(place) || (tells !== undefined && isNoNews(relative(place, path), tells));
      }),
    leadTo: (path) => onTheWay.has(path),
    identity: JSON.stringify([
      directories,
      [...logs],
      names.map(({ directory, pattern }) => [directory, pattern.source]),
      [...news.keys()],
    ]),
  };
}

/** The files that standard output and standard error of this process go to, if they are files; absolute. */
export function ownOutputs(): string[] {
  return [1, 2].flatMap((fd) => {
    try {
      return fstatSync(fd).isFile() ? [realpathSync(`/proc/self/fd/${fd}`)] : [];
    } catch {
      return []; // closed, or removed by now
    }
  });
}

/** What is wrong with such a path in `watch`, for a person. */
export const OWN_FILE =
  'is written by the builds of this project themselves, so its changes never start a run; remove it from `watch`';

/** Whether a project itself writes what a path names, so that its changes are never news. @param path absolute */
export function ownsWhatIsAt(path: string, files: ProjectFiles): boolean {
  return files.owns(path) || files.owns(realPath(path));
}

function isNoNews(within: string, news: RegExp): boolean {
  return within === '' ? news === NO_NEWS : !news.test(within);
}

/** A path and all directories that it is in. */
function wayUp(path: string): string[] {
  const way = [path];
  for (let place = path; place !== dirname(place); place = dirname(place)) way.push(dirname(place));
  return way;
}

/** By which absolute paths something may be met: as it is written, in the directory that it is really in, and what it leads to. */
function pathsOf(path: string): string[] {
  return [...new Set([path, join(realPath(dirname(path)), basename(path)), realPath(path)])];
}

/** Of what is not there yet, too. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

/** By which absolute paths a file may be met whose last part is what it is written as. */
function placesOf(path: string): string[] {
  return [...new Set([path, join(realPath(dirname(path)), basename(path))])];
}

/** @param glob a path whose last part may have `*` in it */
function namesAt(glob: string): Names[] {
  return placesOf(glob).map((path) => ({ directory: dirname(path), pattern: globNames(basename(path)) }));
}

function globNames(name: string): RegExp {
  return new RegExp(`^${name.split('*').map(escaped).join('.*')}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Those of a source, whose top may be above it. @param source without symbolic links */
function administrationsOf(source: string): Administration[] {
  for (const place of wayUp(source)) {
    const found = [
      ...gitDirectories(join(place, '.git')).map((directory) => ({ directory, news: GIT_NEWS })),
      ...(isThere(join(place, '.hg')) ? [{ directory: join(place, '.hg'), news: HG_NEWS }] : []),
      ...['.svn', 'CVS']
        .filter((name) => isThere(join(place, name)))
        .map((name) => ({ directory: join(place, name), news: NO_NEWS })),
    ];
    if (found.length > 0) return found;
  }
  return [];
}

/** Of a worktree or a submodule, whose `.git` is a file that names them. */
function gitDirectories(path: string): string[] {
  try {
    if (lstatSync(path).isDirectory()) return [path];
    const [, named] = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8')) ?? [];
    if (named === undefined) return [];
    const directory = realPath(resolve(dirname(path), named));
    return [directory, ...commonDirectory(directory)];
  } catch {
    return [];
  }
}

function commonDirectory(directory: string): string[] {
  try {
    return [realPath(resolve(directory, readFileSync(join(directory, 'commondir'), 'utf8').trim()))];
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

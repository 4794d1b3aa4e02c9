import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { UpdateSource } from './project.js';

type System = UpdateSource['type'];

/** The work tree that a source is, or is a part of. */
export interface WorkTree {
  /** Its top directory, without symbolic links. */
  readonly top: string;
  /**
   * The directory in which its version control system keeps its own files of this work tree, without symbolic links:
   * the `.git` of a clone, `.git/worktrees/NAME` of a linked work tree, `.git/modules/NAME` of a submodule, `.svn`, `.hg`,
   * and of CVS the `CVS` of the source itself.
   */
  readonly administration: string;
  /** Administrative directories whose primary moves this work tree, too: those of CVS above it, those of other systems. */
  readonly covering: readonly string[];
  /** That of the repository whose submodule this is: its primary moves this work tree if it updates submodules. */
  readonly superproject: string | undefined;
}

const NAMES: Readonly<Record<System, string>> = { git: '.git', svn: '.svn', hg: '.hg', cvs: 'CVS' };

/**
 * Finds the work tree of a source as its system does, by looking upwards, but without starting a process: every run does
 * this. Touches nothing.
 *
 * @returns undefined when the source is no checkout of that system, or is not there
 * @throws nothing; what may not be looked at is not found
 */
export function workTreeOf(source: string, system: System): WorkTree | undefined {
  const start = real(source);
  // CVS looks nowhere but here.
  const tops = system === 'cvs' ? [start] : upwards(start);
  for (const top of tops) {
    const administration = administrationIn(top, system);
    if (administration === undefined) continue;
    const others = (Object.keys(NAMES) as System[]).filter((other) => other !== system);
    const covering = others.flatMap((other) => administrationIn(top, other) ?? []);
    return {
      top,
      administration,
      covering: system === 'cvs' ? [...covering, ...cvsAbove(top)] : covering,
      superproject: system === 'git' ? superprojectOf(administration) : undefined,
    };
  }
  return undefined;
}

/** A path without symbolic links, as far as it is there. */
export function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}

function upwards(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

function administrationIn(top: string, system: System): string | undefined {
  const path = join(top, NAMES[system]);
  const stat = look(path);
  if (system === 'git' && stat?.isFile()) return gitDirectoryNamedIn(path, stat);
  if (!stat?.isDirectory()) return undefined;
  // A directory of that name may be anything, and git itself passes over one without HEAD.
  const sign = { git: 'HEAD', svn: 'wc.db', hg: undefined, cvs: 'Entries' }[system];
  return sign === undefined || isThere(join(path, sign)) ? real(path) : undefined;
}

/** What a linked work tree, a submodule and `--separate-git-dir` have instead of the directory: `gitdir: PATH`. */
function gitDirectoryNamedIn(file: string, { size }: Stats): string | undefined {
  if (size > 64 * 1024) return undefined;
  try {
    const path = /^gitdir: ([^\n\r]+)[\n\r]*$/.exec(readFileSync(file, 'utf8'))?.[1];
    if (path === undefined) return undefined;
    const directory = resolve(dirname(file), path);
    return isThere(join(directory, 'HEAD')) ? real(directory) : undefined;
  } catch {
    return undefined;
  }
}

/** An update of CVS goes down into every directory that is checked out, too. */
function cvsAbove(top: string): string[] {
  const above = dirname(top);
  const administration = above === top ? undefined : administrationIn(above, 'cvs');
  return administration === undefined ? [] : [administration, ...cvsAbove(above)];
}

function superprojectOf(administration: string): string | undefined {
  const at = administration.indexOf('/modules/');
  const directory = administration.slice(0, Math.max(at, 0));
  return at > 0 && isThere(join(directory, 'HEAD')) ? directory : undefined;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // ENOTDIR, EACCES, ELOOP
  }
}

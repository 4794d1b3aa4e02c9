import { lstatSync, readFileSync, readlinkSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { namesIn } from '../../files/directory-entries.js';
import { errorCode } from '../../host/error-code.js';
import { pause } from '../../host/pause.js';
import { processTable } from '../../host/process-table.js';
import { filesystemOf } from '../../locks/index.js';
import type { Places } from './tree-state.js';

/**
 * Lock files of git (`index.lock`, `HEAD.lock`, `refs/…/main.lock`): a git that is killed leaves them, and every later
 * one refuses until a person removes them, although they hold nothing but the new content that never came into force.
 */
export type StaleLock =
  | { readonly kind: 'removed' | 'gone' }
  /** A process that may hold it lives, or one cannot be excluded. */
  | { readonly kind: 'held'; readonly why: string };

/** A program that takes such a lock without being called git (an editor's plug-in, say) has it for less than this. */
const BRIEF_MS = 1000;
const LOOK_EVERY_MS = 50;

/**
 * Removes a lock file whose git is dead for certain: it stays as it is for a while, and no git that could hold it lives
 * on this host. On a network file system that of another host may live, so only an owner that is known to be ours counts.
 *
 * While the file exists no git can take the lock anew; what is removed is what was looked at.
 *
 * @param ours whether the git that left it is known to have run on this host
 */
export async function removeStaleLock(places: Places, file: string, ours: boolean): Promise<StaleLock> {
  const first = stampOf(file);
  if (first === undefined) return { kind: 'gone' };
  if (!ours && filesystemOf(places.gitDirectory).reach === 'network') {
    return { kind: 'held', why: 'on a network file system, a git process of another host may hold it' };
  }
  for (let waitedMs = 0; waitedMs < BRIEF_MS; waitedMs += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS);
    if (stampOf(file) !== first) return { kind: 'gone' };
  }
  const holder = livingGit(places, file);
  if (holder !== undefined) return { kind: 'held', why: `process ${holder} is a git that may hold it` };
  if (stampOf(file) !== first) return { kind: 'gone' };
  unlinkSync(file);
  return { kind: 'removed' };
}

function stampOf(file: string): string | undefined {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : undefined;
}

/**
 * The pid of a git that may hold a lock file: one of the user that the file belongs to, that works in the repository or
 * its work tree (git changes into them, whatever `-C` or `--git-dir` said), or that does not let us see where.
 */
function livingGit({ top, gitDirectory, commonDirectory }: Places, lock: string): number | undefined {
  const owner = statSync(lock, { throwIfNoEntry: false })?.uid;
  const within = [top, gitDirectory, commonDirectory, ...otherWorkTrees(commonDirectory)];
  return processTable().find(({ pid }) => {
    try {
      if (!readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('git')) return false;
      if (statSync(`/proc/${pid}`).uid !== owner) return false;
      const directory = readlinkSync(`/proc/${pid}/cwd`);
      return within.some((place) => directory === place || directory.startsWith(place + sep));
    } catch (error) {
      return errorCode(error) === 'EACCES' || errorCode(error) === 'EPERM';
    }
  })?.pid;
}

/** All work trees of a repository lock the same references; the main one lies beside its `.git`. */
function otherWorkTrees(commonDirectory: string): string[] {
  const linked = namesIn(join(commonDirectory, 'worktrees')).flatMap((name) => {
    try {
      return [dirname(readFileSync(join(commonDirectory, 'worktrees', name, 'gitdir'), 'utf8').trim())];
    } catch {
      return []; // removed meanwhile
    }
  });
  return basename(commonDirectory) === '.git' ? [dirname(commonDirectory), ...linked] : linked;
}

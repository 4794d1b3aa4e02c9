import { join } from 'node:path';
import { shellWord } from '../../text/shell-word.js';
import { freeEnding } from '../aside.js';
import { exists } from '../look.js';
import { outermost } from '../within.js';

/**
 * Shell commands that take back what a person has done to some paths of a source, and keep a copy: `svn revert` overwrites, and
 * of what lies in the place of a file or directory it removes all.
 *
 * @param paths relative to the source, sorted
 */
export function setAside(source: string, paths: readonly string[]): string[] {
  return [...moveAway(source, paths), revert(source, ['-R'], outermost(paths))];
}

/** The same of properties only, which a patch keeps: `svn patch` brings them back. */
export function setPropertiesAside(source: string, paths: readonly string[]): string[] {
  const properties = join(source, 'properties');
  const kept = properties + freeEnding([properties]);
  // `svn diff` looks for no peg revision.
  const targets = paths.map((path) => shellWord(path === '.' ? source : join(source, path))).join(' ');
  return [
    `svn diff --internal-diff --depth empty ${targets} > ${shellWord(kept)}`,
    revert(source, ['--depth empty'], paths),
  ];
}

/** What lies in the place of something of the repository goes under another name. */
export function moveAway(source: string, paths: readonly string[]): string[] {
  return outermost(paths)
    .map((path) => join(source, path))
    .filter(exists)
    .map((place) => `mv ${shellWord(place)} ${shellWord(place + freeEnding([place]))}`);
}

export function updateAgain(source: string, number: string): string {
  return `svn update -r ${number} --accept postpone ${shellWord(target(source, '.'))}`;
}

export function cleanup(root: string): string {
  return `svn cleanup ${shellWord(`${root}@`)}`;
}

/** `svn switch` looks for a peg revision in the URL only. @param url with what belongs there, encoded */
export function switchBack(place: string, url: string, number: string | undefined): string {
  const revision = number === undefined ? '' : ` -r ${number}`;
  return `svn switch --ignore-ancestry${revision} ${shellWord(`${url}@${number ?? ''}`)} ${shellWord(place)}`;
}

/** svn switches within a repository only. */
export function comeFrom(source: string, root: string, url: string): string[] {
  if (url.startsWith(`${root}/`)) return [switchBack(source, url, undefined)];
  const kept = source + freeEnding([source]);
  return [`mv ${shellWord(source)} ${shellWord(kept)}`, `svn checkout -q ${shellWord(`${url}@`)} ${shellWord(source)}`];
}

function revert(source: string, options: readonly string[], paths: readonly string[]): string {
  return ['svn revert -q', ...options, words(source, paths)].join(' ');
}

const words = (source: string, paths: readonly string[]): string =>
  paths.map((path) => shellWord(target(source, path))).join(' ');

/** So that svn looks for no peg revision in a name. */
const target = (source: string, path: string): string => `${path === '.' ? source : join(source, path)}@`;

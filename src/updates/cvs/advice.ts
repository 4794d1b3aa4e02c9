import { shellWord } from '../../text/shell-word.js';
import { freeEnding } from '../aside.js';
import { outermost } from '../within.js';
import { wordOf } from '../word.js';
import { backupOf } from './condition.js';
import { inSource, type Place } from './place.js';

/**
 * Commands that move what is in the way out of it, and lose nothing: cvs then brings what the repository has. A path below
 * another one goes with it.
 */
export function moveAway(source: string, places: readonly Place[]): string[] {
  const byPath = new Map(places.map((place) => [place.path, place]));
  const tops = outermost([...byPath.keys()]).flatMap((path) => byPath.get(path) ?? []);
  if (tops.length === 0) return [];
  const suffix = freeEnding(tops.map(({ bytes }) => inSource(source, bytes)));
  const words = tops.map(({ bytes }) => wordOf(inSource(source, bytes)));
  const [only] = words;
  if (words.length > 1) return [`for file in ${words.join(' ')}; do mv "$file" "$file${suffix}"; done`];
  return [`mv ${only} ${only}${suffix}`];
}

/** Commands that bring back files which were to be removed, at the revision that they had. */
export function bringBack(source: string, places: readonly Place[]): string[] {
  if (places.length === 0) return [];
  return [`cd ${shellWord(source)} && cvs -f -Q add -- ${places.map(({ bytes }) => wordOf(bytes)).join(' ')}`];
}

/** Commands that remove what a killed cvs has kept of files. */
export function removeBackups(source: string, places: readonly Place[]): string[] {
  return places.map(({ bytes }) => `rm -f ${wordOf(inSource(source, backupOf(bytes)))}`);
}

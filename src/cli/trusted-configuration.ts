import { hostname } from 'node:os';
import { type Loaded, loadProject } from '../config/load.js';
import type { Problem } from '../config/problem.js';
import { type Writer, writersOf } from '../config/writers.js';
import { shown } from '../text/shown.js';

/** Reads a configuration. Root does not read one that another user can change: its commands would run as root. */
export function loadTrusted(file: string): Loaded {
  const { uid } = self();
  const writers = uid === 0 ? writersOf(file, self()) : [];
  if (writers.length === 0) return loadProject(file, { hostname: hostname() });
  return { kind: 'invalid', problems: writers.map((writer) => problemOf(file, writer)) };
}

/** For every user but root: who else can change it, in lines of which the first says what is wrong. */
export function explainWriters(file: string): string[] {
  if (self().uid === 0) return [];
  return writersOf(file, self()).flatMap(({ who, path, remedy }) => [
    `${shown(file)} names the commands that run as you, and ${who} can change ${path === file ? 'it' : shown(path)}.`,
    `  ${remedy}`,
  ]);
}

function problemOf(file: string, { who, path, remedy }: Writer): Problem {
  const what = path === file ? 'it' : path;
  const message = `${who} can change ${what}, and its commands would run as root; not used`;
  return { file, message, remedy };
}

function self() {
  return { uid: process.geteuid?.() ?? 0, groups: [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])] };
}

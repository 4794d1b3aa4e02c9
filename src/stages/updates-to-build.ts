import type { Build, Project } from '../config/project.js';
import { readCursor } from '../updates/cursor.js';
import { journalDirectory, lastSequence } from '../updates/journal.js';
import { primaryOf } from './primary-of.js';

/** How many updates of its source a build has yet to build; undefined before its first run, and where that cannot be read. */
export function updatesToBuild(build: Build): number | undefined {
  const primary = primaryOf(build);
  if (primary.update === undefined) return undefined;
  const cursor = readCursor(primary.directory, build.name);
  if (cursor.kind !== 'cursor') return undefined;
  return Math.max(0, lastSequence(journalDirectory(primary.directory)) - cursor.cursor.record);
}

/** Whether no build of the same source has yet to build an update; false, too, where that cannot be read. */
export function isBuiltByAll(project: Project, build: Build): boolean {
  try {
    return buildsOfSource(project, build).every((each) => (updatesToBuild(each) ?? 0) === 0);
  } catch {
    return false;
  }
}

/** All builds of the source of a build, itself included. */
export function buildsOfSource({ builds }: Project, build: Build): Build[] {
  return [...builds.values()].filter((each) => primaryOf(each) === primaryOf(build));
}

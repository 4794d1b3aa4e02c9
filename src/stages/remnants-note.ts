import { basename, join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import { fateOf } from '../host/process-fate.js';
import { array, ifRight, object, parseRecord, recordText, string, type TypeOf } from '../records/schema.js';
import { REMNANT, type Remnant, remnantsWhere } from './remnant.js';
import type { SectionSettings } from './section.js';
import { inSection } from './section.js';

/**
 * What `unlock --force` has left alive of a build, in `Testing/Temporary` of that build and, of a secondary, of its primary:
 * the environment of a process tells its own user which run it belongs to; this file tells all others, other hosts included.
 */
const NOTE = object({
  /** Changes with every boot of the host that wrote it; no process of before is left then. */
  bootId: ifRight(string()),
  remnants: array(REMNANT),
});
export type RemnantsNote = TypeOf<typeof NOTE>;

export type ReadNote =
  | { readonly kind: 'note'; readonly path: string; readonly note: RemnantsNote }
  /** Something stands there that is no such note. */
  | { readonly kind: 'unreadable'; readonly path: string };

const NAME = /^Survivors\.(.+)\.json$/;
const LIMIT = 1024 * 1024;
/** More would not fit into the limit, and a run that finds one of them does not begin, anyway. */
const MOST = 400;

/** The note about a build in one directory. */
export function noteOf(temporary: string, build: string): string {
  return join(temporary, `Survivors.${build}.json`);
}

/** The notes in a directory, about whatever build. @throws the system's error when the directory cannot be read */
export function notesIn(temporary: string): string[] {
  return namesIn(temporary)
    .filter((name) => NAME.test(name))
    .map((name) => join(temporary, name));
}

/** The build that a note is about, from its path. */
export function aboutWhom(path: string): string {
  return NAME.exec(basename(path))?.[1] ?? '';
}

/** Reads a note; undefined when there is none. */
export function readNote(path: string): ReadNote | undefined {
  try {
    const text = readRegularFile(path, LIMIT);
    if (text === undefined) return undefined;
    const note = parseRecord(NOTE, text);
    return note === undefined ? { kind: 'unreadable', path } : { kind: 'note', path, note };
  } catch {
    return { kind: 'unreadable', path };
  }
}

/** Those of a note that live, what their runs have started since, and those of which only another host can tell. */
export function livingOf({ bootId, remnants }: RemnantsNote, host: Host): Remnant[] {
  const elsewhere = remnants.filter((remnant) => remnant.host !== host.name);
  const here = remnants.filter((remnant) => remnant.host === host.name);
  const fates = here.map(({ pid, startTicks }) => fateOf({ pid, processStart: startTicks, bootId }, host));
  if (fates.every((fate) => fate === 'restarted')) return elsewhere;
  const living = here.filter((_, index) => fates[index] === 'running');
  const runs = new Set(here.map(({ run }) => run));
  const known = new Set(living.map(({ pid }) => pid));
  const since = remnantsWhere(({ run, mayLeave }) => runs.has(run) && !mayLeave, host).filter(
    ({ pid }) => !known.has(pid),
  );
  return [...living, ...since, ...elsewhere];
}

/**
 * Notes what is left alive, besides what an earlier note names and still lives. To be called within the critical section of
 * the directory, before the locks go: a process that dies in between leaves both, and the note expires with the processes.
 *
 * @throws the system's error, for example ENOSPC; then the locks stay
 */
export function writeNote(temporary: string, build: string, remnants: readonly Remnant[], host: Host): void {
  const path = noteOf(temporary, build);
  const earlier = readNote(path);
  const still = earlier?.kind === 'note' ? livingOf(earlier.note, host) : [];
  const isNew = (one: Remnant): boolean =>
    !remnants.some(({ pid, host: where }) => pid === one.pid && where === one.host);
  const all = [...remnants, ...still.filter(isNew)].slice(0, MOST);
  const { bootId } = host;
  if (all.length > 0)
    replaceAtomically(path, recordText(NOTE, { ...(bootId !== undefined && { bootId }), remnants: all }, 2));
}

/**
 * Removes a note if nothing that it names lives any more. Within the critical section, since another one may write it anew
 * at this moment; a process that dies before has removed nothing, and the next one does.
 *
 * @param force also if only another host can tell, and also something that is no note
 */
export async function forgetNote(
  { temporary, build }: { readonly temporary: string; readonly build: string },
  host: Host,
  section: SectionSettings,
  force?: 'but for the living',
): Promise<void> {
  const path = noteOf(temporary, build);
  if (readNote(path) === undefined) return;
  await inSection(temporary, section, () => {
    const read = readNote(path);
    if (read === undefined || (read.kind === 'unreadable' && force === undefined)) return;
    const living = read.kind === 'note' ? livingOf(read.note, host) : [];
    if (living.some((remnant) => force === undefined || remnant.host === host.name)) return;
    removeQuietly(path);
  });
}

/** In another user's directory we may not be able to remove it; a note about dead processes blocks nothing. */
function removeQuietly(path: string): void {
  try {
    removeIfThere(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

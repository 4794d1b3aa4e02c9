import { statSync } from 'node:fs';
import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import type { Marks } from '../processes/marks.js';
import { type Remnant, remnantsWhere } from './remnant.js';
import { aboutWhom, forgetNote, livingOf, noteOf, notesIn, type ReadNote, readNote } from './remnants-note.js';
import type { Run } from './run.js';
import type { RunContext } from './run-context.js';
import { sectionFor } from './section.js';
import { layoutOf } from './temporary.js';

/** What stops a run although no lock does: processes of earlier runs that no longer have locks. */
export interface InTheWay {
  readonly remnants: readonly Remnant[];
  /** Files that may name some and cannot be read. */
  readonly unreadable: readonly string[];
}

/**
 * Those that `unlock --force` has noted. A few file names, so it costs nothing where there are none.
 *
 * A primary may begin when nothing lives of its own runs nor of its secondaries', which would read the source during its
 * update. A secondary may build when nothing lives of its own runs, nor of an update of its primary; what that builds meanwhile
 * is none of its business.
 *
 * @throws the system's error when a directory cannot be read
 */
export function notedInTheWay(build: Build, host: Host): InTheWay | undefined {
  const own = notesIn(layoutOf(build.directory).temporary);
  const wanted = (remnant: Remnant): boolean =>
    build.role === 'primary' || remnant.build === build.name || remnant.stage === undefined;
  const others =
    build.role === 'primary' ? [] : [noteOf(layoutOf(build.primary.directory).temporary, build.primary.name)];
  const read = [...own, ...others].flatMap((path) => readNote(path) ?? []);
  return found({
    remnants: read.flatMap((each) => (each.kind === 'note' ? livingOf(each.note, host) : [])).filter(wanted),
    unreadable: read.flatMap((each: ReadNote) => (each.kind === 'unreadable' ? [each.path] : [])),
  });
}

/**
 * The same for a run, which besides removes the notes in its own directory that are over.
 *
 * @throws the system's error
 */
export async function stillNoted({ build, layout, context }: Run): Promise<InTheWay | undefined> {
  const { temporary } = layout;
  const { host } = context;
  for (const path of notesIn(temporary))
    await forgetNote({ temporary, build: aboutWhom(path) }, host, sectionFor(build));
  return notedInTheWay(build, host);
}

/**
 * Those that are found by their environment, which needs no note, and finds what was started since one was written. The caller
 * holds `running`, so no stage may be at work in this build directory; a primary that is about to update holds `update` besides
 * and has seen that no secondary has joined, so none may read its source.
 *
 * Not found: what other users have started (but by root), and the programs of an update, which leave servers of their own behind
 * in good order (ssh's, git's): of these a note speaks.
 */
export function workingInTheWay(
  { build, context }: { readonly build: Build; readonly context: Pick<RunContext, 'run' | 'host'> },
  of: 'directory' | 'source',
): InTheWay | undefined {
  const isSource = memoized((path) => isSameDirectory(path, build.source));
  const isDirectory = memoized((path) => isSameDirectory(path, build.directory));
  const wanted = ({ run: whose, stage, mayLeave, directory, source }: Marks): boolean =>
    whose !== context.run &&
    stage !== undefined &&
    !mayLeave &&
    (isDirectory(directory) || (of === 'source' && isSource(source)));
  return found({ remnants: remnantsWhere(wanted, context.host), unreadable: [] });
}

function found(inTheWay: InTheWay): InTheWay | undefined {
  return inTheWay.remnants.length + inTheWay.unreadable.length === 0 ? undefined : inTheWay;
}

/** Another configuration may name it by another path. */
function isSameDirectory(path: string, own: string): boolean {
  if (path === own) return true;
  try {
    const [there, here] = [statSync(path), statSync(own)];
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    return false;
  }
}

function memoized<A>(ask: (key: string) => A): (key: string) => A {
  const known = new Map<string, A>();
  return (key) => {
    const answer = known.get(key) ?? ask(key);
    known.set(key, answer);
    return answer;
  };
}

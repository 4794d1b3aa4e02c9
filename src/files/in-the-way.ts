import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';

/**
 * Something that a person, another tool or a stranger has put where a file or a directory of ours belongs. It was neither
 * followed nor written to, and it stays: it may belong to a person.
 */
export class InTheWay extends Error {
  override readonly name = 'InTheWay';
  readonly path: string;
  /** What stands there, `a symbolic link`; empty where that is said otherwise. */
  readonly what: string;

  /** @param what as the property */
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(
      `${shown(path)}: ${what} is in the way; stagelock keeps something of its own there. After a look, move it away:\n  mv -T -- ${shellWord(path)} ${shellWord(`${path}.in-the-way`)}`,
      options,
    );
    this.path = path;
    this.what = what;
  }
}

/** What the system answers when a path leads to something of another kind than the one that is expected. */
const OBSTRUCTED = new Set(['ELOOP', 'EISDIR', 'ENOTDIR', 'ENXIO', 'EEXIST', 'ENOTEMPTY', 'EMLINK']);

/**
 * What is in the way according to an error of the system: the target of a renaming, a path, or the part of it that is no
 * directory. Undefined for every other error, and when it is gone by now.
 */
export function obstacleOf(error: unknown): InTheWay | undefined {
  if (error instanceof InTheWay) return error;
  const code = errorCode(error);
  if (code === undefined || !OBSTRUCTED.has(code)) return undefined;
  const { path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  // rename(2) has a second path, which is the one where another program may have put something.
  for (let place = dest ?? path; place !== undefined && place !== dirname(place); place = dirname(place)) {
    const stat = standing(place);
    if (stat === undefined) continue;
    // Below a directory everything is as it should be: whatever was wrong is not any more.
    if (stat.isDirectory() && place !== (dest ?? path)) return undefined;
    return new InTheWay(place, kindOf(stat), { cause: error });
  }
  return undefined;
}

/** What stands at a path that is not what was expected, for a message. */
export function kindOf(stat: Stats): string {
  if (stat.isSymbolicLink()) return 'a symbolic link';
  if (stat.isDirectory()) return 'a directory';
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isFile() ? 'a file' : 'a device';
}

function standing(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a part of the path before it is no directory
  }
}

/**
 * Others of the group may put a link where a directory of ours belongs, through which we would write elsewhere.
 *
 * @throws InTheWay when one stands there
 */
export function refuseLink(directory: string): void {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new InTheWay(directory, 'a symbolic link');
}

import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readPart } from '../files/file-part.js';
import { parseRecord } from '../records/schema.js';
import { historyFile, PAST_RUN, type PastRun } from './history.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** What the newest runs of a build came to. */
export interface BuildPast {
  /** The last one that has ended. */
  readonly last?: PastRun;
  /** The last one that passed; missing, too, when that is longer ago than is looked back. */
  readonly passed?: PastRun;
}

/** How far to look back: first for what is nearly always there, then for a build that is broken for long. In bytes. */
const LOOK_BACK = [32 * 1024, 1024 * 1024];

/**
 * Looks at the end of a history, so that the cost does not grow with what is in it. What cannot be read counts as nothing: the status of
 * a build has more to say.
 */
export function pastOf(buildDirectory: string): BuildPast {
  const file = historyFile(buildDirectory);
  let past: BuildPast = {};
  for (const bytes of LOOK_BACK) {
    // What was moved aside continues it backwards. The newer one first: if a run moves it aside meanwhile, its lines come twice.
    const newer = endedIn(file, bytes);
    const runs = [...endedIn(`${file}.1`, bytes), ...newer];
    const last = runs.at(-1);
    const passed = runs.findLast(({ result }) => result === 'done');
    past = { ...(last !== undefined && { last }), ...(passed !== undefined && { passed }) };
    if (passed !== undefined) break;
  }
  return past;
}

/** The runs that have ended by the last lines of a file. The first line is torn where the file is longer than that. */
function endedIn(file: string, bytes: number): PastRun[] {
  let fd: number | undefined;
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return [];
    const length = Math.min(bytes, stat.size);
    const lines = readPart(fd, stat.size - length, length)
      .toString('utf8')
      .split('\n');
    return lines.flatMap((line) => {
      const run = line.includes('"ended"') ? parseRecord(PAST_RUN, line) : undefined;
      return run?.ended === undefined ? [] : [run];
    });
  } catch {
    return [];
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

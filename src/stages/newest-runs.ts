import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readPart } from '../files/file-part.js';
import { parseRecord } from '../records/schema.js';
import { historyFile, PAST_RUN, type PastRun } from './history.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * The newest runs of a build, each once, oldest first: as many as stand in so many bytes at the end of its history. What cannot be read
 * counts as nothing.
 */
export function newestRuns(buildDirectory: string, bytes: number): PastRun[] {
  const file = historyFile(buildDirectory);
  // What was moved aside continues it backwards. The newer one first: if a run moves it aside meanwhile, its lines come twice.
  const newer = runsIn(file, bytes);
  const runs = new Map<string, PastRun>();
  for (const run of [...runsIn(`${file}.1`, bytes), ...newer]) runs.set(run.run, run);
  return [...runs.values()];
}

/** By the last lines of a file. The first line is torn where the file is longer than that. */
function runsIn(file: string, bytes: number): PastRun[] {
  let fd: number | undefined;
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return [];
    const length = Math.min(bytes, stat.size);
    const lines = readPart(fd, stat.size - length, length)
      .toString('utf8')
      .split('\n');
    return lines.flatMap((line) => (line === '' ? [] : (parseRecord(PAST_RUN, line) ?? [])));
  } catch {
    return [];
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

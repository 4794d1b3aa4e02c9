import { closeSync, constants, fstatSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from './temporary-name.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** How the clock that stamps the files of a directory differs from ours. */
export interface ServerClock {
  /** Its time minus ours, in milliseconds; undefined when it could not be measured. */
  offsetMs(directory: string): number | undefined;
}

/** Files on a local file system carry our own time. */
export const OWN_CLOCK: ServerClock = { offsetMs: () => 0 };

/** Measures once per process by looking at the time stamp of a new file. Only waiters ask, so this may take a while. */
export class MeasuredClock implements ServerClock {
  #offsetMs: number | undefined;

  offsetMs(directory: string): number | undefined {
    this.#offsetMs ??= measure(directory);
    return this.#offsetMs;
  }
}

function measure(directory: string): number | undefined {
  const probe = join(directory, temporaryName());
  try {
    const before = Date.now();
    const fd = openSync(probe, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const after = Date.now();
      return fstatSync(fd).mtimeMs - (before + after) / 2;
    } finally {
      closeSync(fd);
      unlinkSync(probe);
    }
  } catch {
    return undefined;
  }
}

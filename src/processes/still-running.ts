import type { Ending } from './ending.js';

/**
 * Something of a command cannot be ended. Its locks must stay, so it is an exception; a caller that waited for its end would
 * wait for as long as the file server is away.
 */
export class StillRunning extends Error {
  override readonly name = 'StillRunning';

  /** @param what has not ended, for people */
  constructor(what: string, left: Ending['left'], logFile?: string) {
    const lines = left.map(({ pid, command, why }) => `\n  process ${pid} is still running, ${why}: ${command}`);
    const log = logFile === undefined ? '' : `\n  log: ${logFile}`;
    super(`${what} has not ended, because not all of its processes could be ended.${lines.join('')}${log}`);
  }
}

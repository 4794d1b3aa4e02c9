import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** Why no clock can be set; undefined where one can. */
export const noClock = existsSync(LIBRARY) ? undefined : 'faketime is not installed';

/** The clock of a host, which can be set. What counts time on, whatever the clock says, goes on as it is. */
export class Clock {
  readonly environment: NodeJS.ProcessEnv;
  readonly #file: string;

  constructor(directory: string) {
    this.#file = join(directory, 'clock');
    this.environment = {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
    this.set(0);
  }

  /** Also for what runs already. @param offsetMinutes from what all others have */
  set(offsetMinutes: number): void {
    writeFileSync(`${this.#file}.new`, `${offsetMinutes < 0 ? '' : '+'}${offsetMinutes}m\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

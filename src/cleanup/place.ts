import { lstatSync } from 'node:fs';
import { MeasuredClock, OWN_CLOCK, type ServerClock } from '../files/server-clock.js';
import { type Filesystem, filesystemOf } from '../locks/index.js';

/** The file system that a directory lies on, as far as a clean-up cares. */
export interface Place {
  readonly reach: Filesystem['reach'];
  readonly clock: ServerClock;
}

/** Measuring a file server's clock makes a file for an instant, and a dry run makes none. */
const UNMEASURED: ServerClock = { offsetMs: () => undefined };

/** The places of directories, found out once for each file system: mount points may lie anywhere in a tree. */
export class Places {
  readonly #known = new Map<number, Place>();
  /** The last one that was asked for: a directory may hold thousands of locks. */
  #last: { readonly directory: string; readonly place: Place } | undefined;
  readonly #measures: boolean;

  constructor(measures: boolean) {
    this.#measures = measures;
  }

  /** @throws the system's error when the directory is gone or may not be looked at */
  of(directory: string): Place {
    if (this.#last?.directory === directory) return this.#last.place;
    const { dev } = lstatSync(directory);
    let place = this.#known.get(dev);
    if (place === undefined) {
      const { reach } = filesystemOf(directory);
      const clock = this.#measures ? new MeasuredClock() : UNMEASURED;
      place = { reach, clock: reach === 'local' ? OWN_CLOCK : clock };
      this.#known.set(dev, place);
    }
    this.#last = { directory, place };
    return place;
  }
}

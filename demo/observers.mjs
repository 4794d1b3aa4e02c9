// Two observers from outside: one watches the lock files of the builds, the other reads the witness log.
import { closeSync, openSync, readdirSync, readFileSync, readSync, watch } from 'node:fs';
import { join } from 'node:path';
import { buildsOf, temporaryOf } from './world.mjs';

/** Stage locks have these names; whatever else is in the directory is a log, a report or a temporary. */
const STAGE_LOCK = /^(running(\..+)?|update|build|test)$/;

/** Sees stage locks come and go, by watching the directories. */
export class LockObserver {
  #clock;
  #watchers = [];
  #present = new Map();
  /** Every lock that was seen and is gone: {lock, owner, from, to}; `lock` as a person would call it. */
  seen = [];

  constructor(world, clock) {
    this.#clock = clock;
    for (const build of buildsOf(world)) {
      const directory = join(world.root, temporaryOf(build));
      this.#watchers.push(watch(directory, () => this.#look(build, directory)));
    }
  }

  #look(build, directory) {
    const names = new Set(readdirSync(directory).filter((name) => STAGE_LOCK.test(name)));
    for (const name of names) {
      const lock = `${build}/${name}`;
      if (!this.#present.has(lock)) {
        this.#present.set(lock, { lock, owner: ownerOf(join(directory, name)) ?? build, from: this.#clock.now() });
      }
    }
    for (const [lock, sighting] of this.#present) {
      if (!lock.startsWith(`${build}/`) || names.has(lock.slice(build.length + 1))) continue;
      this.#present.delete(lock);
      this.seen.push({ ...sighting, to: this.#clock.now() });
    }
  }

  close() {
    for (const watcher of this.#watchers) watcher.close();
  }
}

function ownerOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).build;
  } catch {
    return undefined; // gone again
  }
}

/** Reads the witness log as it grows. */
export class Witness {
  #clock;
  #file;
  #watcher;
  #rest = '';
  /** Every line, in its order: {at, build, run, what, detail}. `at` is when we read it. */
  events = [];

  constructor(world, clock) {
    this.#clock = clock;
    this.#file = openSync(world.witnessLog, 'r');
    this.#watcher = watch(world.witnessLog, () => this.read());
  }

  /** Reads what has been added since. */
  read() {
    const buffer = Buffer.alloc(65_536);
    for (let length = readSync(this.#file, buffer); length > 0; length = readSync(this.#file, buffer)) {
      this.#rest += buffer.toString('utf8', 0, length);
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [build, run, what, ...detail] = line.split(' ');
      this.events.push({ at: this.#clock.now(), build, run, what, detail: detail.join(' ') });
    }
  }

  /** Something the demo itself tells, at this place of the log. */
  tell(what, detail) {
    this.read();
    this.events.push({ at: this.#clock.now(), build: 'developer', run: '', what, detail });
  }

  /** Whether some build is reading the source right now. */
  building() {
    return this.events.reduce((count, { what, detail }) => count + depth(what, detail), 0) > 0;
  }

  /** What a build's program printed last. */
  lastPrinted(build) {
    return this.events.findLast((event) => event.build === build && event.what === 'printed')?.detail;
  }

  close() {
    this.#watcher.close();
    closeSync(this.#file);
  }
}

function depth(what, detail) {
  if (what !== 'build') return 0;
  return detail === 'begins' ? 1 : -1;
}

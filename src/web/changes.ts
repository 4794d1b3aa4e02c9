import { lstatSync } from 'node:fs';
import type { Build } from '../config/project.js';
import { Slices } from '../scheduler/slices.js';
import { layoutOf } from '../stages/temporary.js';
import { historyIdentity } from './histories.js';

/** How often the places of all builds are looked at while a page is open. */
const LOOK_EVERY_MS = 2000;
/** What no file tells of: the death of a process, the time that a stage has taken. */
const RENEW_EVERY_MS = 30_000;

/**
 * Says when pages may show something new: a lock came or went, a run ended. Two calls of the system for each build, and only while a
 * reader has a page open, so that builds do not notice.
 */
export class Changes {
  readonly #builds: () => Iterable<Build>;
  readonly #listeners = new Set<() => void>();
  readonly #slices = new Slices(() => undefined);
  #timer: NodeJS.Timeout | undefined;
  #seen = '';
  #toldMs = 0;

  constructor(builds: () => Iterable<Build>) {
    this.#builds = builds;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns ends it */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#look().catch(() => undefined), LOOK_EVERY_MS);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #look(): Promise<void> {
    const parts: string[] = [];
    for (const build of this.#builds()) parts.push(await this.#slices.run(() => identityOf(build)));
    const seen = parts.join('\n');
    const nowMs = performance.now();
    if (seen === this.#seen && nowMs - this.#toldMs < RENEW_EVERY_MS) return;
    this.#seen = seen;
    this.#toldMs = nowMs;
    for (const listener of this.#listeners) listener();
  }
}

/** A directory changes when a lock in it comes or goes. */
function identityOf({ directory }: Build): string {
  const { temporary } = layoutOf(directory);
  return `${modifiedMs(temporary)} ${historyIdentity(directory)}`;
}

function modifiedMs(path: string): number {
  try {
    return lstatSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

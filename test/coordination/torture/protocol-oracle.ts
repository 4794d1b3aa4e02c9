import { expect } from 'vitest';
import type { Event } from './chronicle.js';
import type { Scene } from './scene.js';

/** What was changed at one revision of the store. */
type Change = readonly Event[];

/**
 * Goes through all that has changed in etcd, and knows the protocol only as the documents tell it:
 *
 * - a run whose locks a person has cleared changes nothing afterwards
 * - a run of a build begins when no other one is there, and an update when none is
 * - a follower joins while no update stands, and nothing is recorded while a follower is between join and leave
 * - each update is recorded once, in order, by the run that holds `running`; the cursor of a build only moves forward, likewise
 */
export function expectProtocol({ chronicle, tally }: Scene, prefix: string): void {
  const replay = new Replay(prefix);
  for (const change of changesOf(chronicle.events)) replay.take(change);
  expect(replay.offences).toEqual([]);
  for (const [what, count] of replay.counts) tally.add(what, count);
}

function changesOf(events: readonly Event[]): Change[] {
  const changes: Event[][] = [];
  for (const event of events) {
    const last = changes.at(-1);
    if (last?.[0]?.revision === event.revision) last.push(event);
    else changes.push([event]);
  }
  return changes;
}

class Replay {
  readonly offences: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #prefix: string;
  /** The run of each lock that stands. */
  readonly #locks = new Map<string, string>();
  readonly #cleared = new Set<string>();
  readonly #cursors = new Map<string, number>();
  #records = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  take(change: Change): void {
    const writer = this.#writerOf(change);
    if (writer !== undefined) {
      this.#count('transaction of a run');
      if (this.#cleared.has(writer)) this.#offend(change, `${writer} writes after it was cleared`);
    }
    for (const event of change) {
      const path = event.key.slice(this.#prefix.length + 1);
      if (path.startsWith('locks/') && event.kind === 'put') this.#lock(change, event, path, writer);
      if (path.startsWith('journal/') && event.kind === 'put') this.#journal(change, event, path, writer);
    }
    // Afterwards: what is compared is what was before.
    for (const { key, kind, value } of change) {
      const path = key.slice(this.#prefix.length + 1);
      if (!path.startsWith('locks/')) continue;
      if (kind === 'put') this.#locks.set(path, runOf(value));
      else this.#remove(path, writer);
    }
  }

  #writerOf(change: Change): string | undefined {
    const marks = `${this.#prefix}/writes/`;
    // With the lease of a run its mark goes, which is no write of it.
    return change.find(({ kind, key }) => kind === 'put' && key.startsWith(marks))?.key.slice(marks.length);
  }

  #lock(change: Change, { version, value }: Event, path: string, writer: string | undefined): void {
    const [, build = '', name = ''] = path.split('/');
    if (runOf(value) !== writer) this.#offend(change, `${path} is made by ${writer}`);
    if (name === 'running' || name === 'update' || name.startsWith('running.')) {
      this.#count(`lock: ${name.replace(/\..*/, '.FOLLOWER')}`);
      if (version !== 1) this.#offend(change, `${path} is made where it stood`);
    }
    if (name.startsWith('running.') && this.#locks.has(`locks/${build}/update`)) {
      this.#offend(change, `${path} is made during an update`);
    }
  }

  #journal(change: Change, { version, value }: Event, path: string, writer: string | undefined): void {
    const [, primary = '', what = '', which = ''] = path.split('/');
    if (what === 'records') {
      this.#count('update recorded');
      this.#records++;
      if (version !== 1 || Number(which) !== this.#records) this.#offend(change, `${path} is recorded`);
      if (!this.#holds(writer, `locks/${primary}/running`)) this.#offend(change, `${path} by ${writer}`);
      if (!this.#holds(writer, `locks/${primary}/update`)) this.#offend(change, `${path} without update`);
      const joined = [...this.#locks.keys()].filter((lock) => lock.startsWith(`locks/${primary}/running.`));
      if (joined.length > 0) this.#offend(change, `${path} while ${joined} stands`);
    }
    if (what === 'cursors') {
      this.#count('cursor moved');
      if (!this.#holds(writer, `locks/${which}/running`)) this.#offend(change, `${path} by ${writer}`);
      const [before, now] = [this.#cursors.get(which) ?? 0, Number(value)];
      if (!(now > before && now <= this.#records)) this.#offend(change, `${path} goes from ${before} to ${value}`);
      this.#cursors.set(which, now);
    }
  }

  #holds(run: string | undefined, lock: string): boolean {
    return run !== undefined && this.#locks.get(lock) === run;
  }

  #remove(path: string, writer: string | undefined): void {
    const owner = this.#locks.get(path);
    if (owner !== undefined && owner !== writer) {
      if (!this.#cleared.has(owner)) this.#count('run cleared');
      this.#cleared.add(owner);
    }
    this.#locks.delete(path);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #offend(change: Change, why: string): void {
    const keys = change.map(({ kind, key }) => `${kind} ${key}`);
    this.offences.push(`revision ${change[0]?.revision}: ${why} (${keys.join(', ')})`);
  }
}

function runOf(text: string): string {
  const { run } = JSON.parse(text) as { run?: string };
  return run ?? '';
}

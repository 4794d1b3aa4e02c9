import type { Line } from '../coordination/line.js';
import type { LineJournal } from '../coordination/line-journal.js';
import type { RunWriter, Written } from '../coordination/run-writer.js';
import { shown } from '../text/shown.js';

/** With what a migration writes in etcd for one primary. */
export interface Shared {
  readonly writer: RunWriter;
  readonly line: Line;
  readonly journal: LineJournal;
}

/** One thing that a migration does for a build, or has no need to do. */
export interface Move {
  readonly build: string;
  /** Absent where nothing is to be done. */
  readonly verb?: keyof typeof PAST;
  /** What stands behind the verb, or says why nothing is to be done. */
  readonly text: string;
  /** Done twice it is as if it was done once. */
  readonly act?: (shared: Shared | undefined) => Promise<void>;
}

const PAST = { put: 'put', copy: 'copied', record: 'recorded', take: 'took', remove: 'removed' } as const;

/** `trunk: put updates 3 to 7 into etcd` */
export function describeMove({ build, verb, text }: Move, tense: 'done' | 'planned'): string {
  if (verb === undefined) return `${shown(build)}: ${shown(text, LONGEST)}`;
  return `${shown(build)}: ${tense === 'done' ? PAST[verb] : `would ${verb}`} ${shown(text, LONGEST)}`;
}

/** A path is part of it. */
const LONGEST = 5000;

/** A project that cannot be moved as it is; a person has to decide something first. */
export class NotMovable extends Error {
  override readonly name = 'NotMovable';
}

/** Another one has cleared what the migration held, or etcd has not answered in time. What it holds stays. */
export class MigrationLost extends Error {
  override readonly name = 'MigrationLost';
}

/** @throws MigrationLost unless it is in etcd */
export function certain(written: Written): void {
  if (written.kind === 'written') return;
  throw new MigrationLost(
    written.kind === 'refused'
      ? 'its locks in etcd were cleared while it ran'
      : 'etcd did not answer for as long as its lease is',
  );
}

/** `update 3`, `updates 3 to 7` */
export function updatesText(first: number, last: number): string {
  return first === last ? `update ${first}` : `updates ${first} to ${last}`;
}

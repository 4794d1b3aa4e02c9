import { join } from 'node:path';
import type { Build, StrategyChoice } from '../config/project.js';
import { type Inspection, type Notice, openLock } from '../locks/index.js';

/** How the critical sections of a run are entered. */
export interface SectionSettings {
  readonly strategy: StrategyChoice;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onNotice?: (notice: Notice) => void;
}

/** How the sections in the directory of a build are entered. */
export function sectionFor({ strategy, sectionTimeoutMs }: Build, signal?: AbortSignal): SectionSettings {
  return { strategy, timeoutMs: sectionTimeoutMs, ...(signal !== undefined && { signal }) };
}

export type Sectioned<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The section was held for longer than a step of the protocol ever takes. */
  | { readonly kind: 'section-busy'; readonly path: string; readonly holder: Inspection }
  | { readonly kind: 'aborted' };

/** The object that the critical section of a directory locks; only its lock ever exists. */
const SECTION = 'protocol';

/**
 * Runs one compound step of the protocol (look at these locks, make that one) while no other process does one in the
 * same directory. The section is an object lock, so a process that dies here does not keep the others out: the
 * kernel or the next one of its host frees it, and what it had made so far stays, as every stage lock of a dead run.
 *
 * @param step short and synchronous
 * @throws LockError when the directory cannot be locked; whatever the step throws
 */
export function inSection<T>(temporary: string, settings: SectionSettings, step: () => T): Promise<Sectioned<T>> {
  return inSectionOf(join(temporary, SECTION), settings, step);
}

/** Likewise for a step that concerns one file. */
export async function inSectionOf<T>(file: string, settings: SectionSettings, step: () => T): Promise<Sectioned<T>> {
  const { strategy, timeoutMs, signal, onNotice } = settings;
  const lock = openLock(file, { strategy });
  const acquisition = await lock.acquire({
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(onNotice === undefined ? {} : { onNotice }),
  });
  switch (acquisition.kind) {
    case 'timed-out':
      return { kind: 'section-busy', path: lock.path, holder: acquisition.holder };
    case 'aborted':
      return { kind: 'aborted' };
    case 'acquired':
      try {
        return { kind: 'done', value: step() };
      } finally {
        acquisition.lock.release();
      }
  }
}

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OWN_CLOCK } from '../../src/files/server-clock.js';
import { thisHost } from '../../src/host/host.js';
import { flockFallback } from '../../src/locks/exclusive-file.js';
import { type ObjectLock, openLock } from '../../src/locks/index.js';
import { OwnedLock } from '../../src/locks/owned-lock.js';
import type { LockSettings } from '../../src/locks/settings.js';

/** Every way to lock; the fallback is what flock becomes where the system call cannot be reached. */
export const KINDS = ['lockdir', 'cifs', 'flock', 'flock fallback', 'fcntl'] as const;
export type Kind = (typeof KINDS)[number];

/** Those that stand in the directory and outlive their owner. */
export const LASTING = ['lockdir', 'cifs', 'flock fallback'] as const;
export type Lasting = (typeof LASTING)[number];

export function lockOf(kind: Kind, target: string, settings: Partial<LockSettings> = {}): ObjectLock {
  if (kind !== 'flock fallback') return openLock(target, { strategy: kind, settings });
  const { pollMs = 5, warnMs = 30_000, overdueMs = 600_000 } = settings;
  const context = { host: thisHost(), clock: OWN_CLOCK, pollMs, warnMs, overdueMs, watched: true };
  return new OwnedLock(flockFallback(target), { ...context, ownerlessMs: overdueMs });
}

/** Where the owner's name is written. */
export function recordOf(kind: Lasting, target: string): string {
  switch (kind) {
    case 'lockdir':
      return join(`${target}.lockdir`, 'pid');
    case 'cifs':
      return `${target}.lock.excl`;
    case 'flock fallback':
      return `${target}.lock.pid`;
  }
}

/** Every name that a strategy makes beside the target, the directory's own included. */
export function namesOf(kind: Kind): string[] {
  switch (kind) {
    case 'lockdir':
      return ['x.o.lockdir', 'x.o.lockdir/pid'];
    case 'cifs':
      return ['x.o.lock', 'x.o.lock.excl'];
    case 'flock fallback':
      return ['x.o.lock', 'x.o.lock.pid'];
    case 'flock':
    case 'fcntl':
      return ['x.o.lock'];
  }
}

/** Leaves a lock behind as if a process of that name had made it. */
export function leaveLock(kind: Lasting, target: string, record: string): void {
  const lock = lockOf(kind, target).try();
  if (lock === undefined) throw new Error(`${target} is locked already`);
  writeFileSync(recordOf(kind, target), record);
}

export const permissions = (path: string): string => (statSync(path).mode & 0o777).toString(8);

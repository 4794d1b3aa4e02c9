import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { identityOf } from './entry.js';

/** An entry on the way to what a path names, in a directory that is reached without symbolic links. */
export interface Step {
  readonly path: string;
  /** Tells it from what has had the name before or gets it later. */
  readonly identity: string;
  /** When it was last changed by the clock of its file system, milliseconds since 1970. */
  readonly changedMs: number;
  readonly isLink: boolean;
}

/** What a path names now, and how that is found. */
export interface Sighting {
  /** In the order in which the kernel looks at them. */
  readonly steps: readonly Step[];
  readonly end: {
    readonly kind: 'file' | 'directory' | 'missing' | 'hidden';
    /** Absolute, without symbolic links; of what is missing, the first name that leads nowhere. */
    readonly path: string;
  };
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** Goes the way of a path, following its links. @param path absolute */
export function sight(path: string): Sighting {
  const steps: Step[] = [];
  const names = path.split('/').filter((name) => name !== '');
  let links = 0;
  let at = '/';
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const here = join(at, name);
    const stat = statusOf(here);
    if (stat === 'missing' || stat === 'hidden') return { steps, end: { kind: stat, path: here } };
    const isLink = stat.isSymbolicLink();
    steps.push({ path: here, identity: identityOf(stat), changedMs: stat.ctimeMs, isLink });
    if (isLink) {
      const target = links++ < MOST_LINKS ? targetOf(here) : undefined;
      if (target === undefined) return { steps, end: { kind: 'missing', path: here } };
      names.unshift(...target.split('/').filter((part) => part !== ''));
      if (target.startsWith('/')) at = '/';
    } else if (stat.isDirectory()) {
      at = here;
    } else {
      return { steps, end: { kind: names.length === 0 ? 'file' : 'missing', path: here } };
    }
  }
  return { steps, end: { kind: 'directory', path: at } };
}

/** Whether two sightings are of the same thing, found by the same way. */
export function isSameSighting(a: Sighting, b: Sighting): boolean {
  return (
    a.end.kind === b.end.kind &&
    a.end.path === b.end.path &&
    a.steps.length === b.steps.length &&
    a.steps.every((step, index) => isSameStep(step, b.steps[index]))
  );
}

/**
 * When what a path names became another thing, by the clock of the file system, so that all hosts call it by the same time:
 * when the newest of what is new on the way was changed, or the directory that has lost it.
 */
export function changedBetween(before: Sighting, now: Sighting): number {
  const fresh = now.steps.filter((step) => !before.steps.some((old) => isSameStep(old, step)));
  const times = fresh.map(({ changedMs }) => changedMs);
  return times.length > 0 ? Math.max(...times) : (now.steps.at(-1)?.changedMs ?? 0);
}

/** When the links on the way and the file at its end were last changed; 0 when there are none. */
export function touchedMs({ steps, end }: Sighting): number {
  const last = end.kind === 'file' ? steps.at(-1) : undefined;
  return Math.max(0, ...steps.filter((step) => step.isLink || step === last).map(({ changedMs }) => changedMs));
}

/** The directories whose entries make the way what it is, and the names of those entries. */
export function signposts({ steps, end }: Sighting): Map<string, Set<string>> {
  const posts = new Map<string, Set<string>>();
  for (const path of [...steps.filter(({ isLink }) => isLink).map((step) => step.path), end.path]) {
    const names = posts.get(dirname(path)) ?? new Set();
    posts.set(dirname(path), names.add(basename(path)));
  }
  return posts;
}

/**
 * What a path names, by one look, to see cheaply whether it is still the same: of a file also when it was changed, of a
 * directory not.
 */
export function glance(path: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'missing';
    return stat.isDirectory() ? identityOf(stat) : `${identityOf(stat)} ${stat.ctimeMs}`;
  } catch (error) {
    return errorCode(error) ?? 'hidden';
  }
}

/** @throws nothing: what cannot be seen is hidden */
function statusOf(path: string): Stats | 'missing' | 'hidden' {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? 'missing';
  } catch (error) {
    return errorCode(error) === 'ENOTDIR' ? 'missing' : 'hidden';
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // replaced since we looked
  }
}

function isSameStep(a: Step, b: Step | undefined): boolean {
  return a.path === b?.path && a.identity === b.identity;
}

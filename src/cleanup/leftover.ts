import { pathBeside, type StandingLockKind } from '../locks/index.js';

/** What the name of a directory entry says that it is. */
export type Leftover =
  /** A lock that outlives its owner: `T.lockdir`, `T.lock.excl`, `T.lock.pid`. */
  | { readonly kind: 'lock'; readonly lock: StandingLockKind; readonly target: string }
  /** `T.lock`, on which kernel locks are taken. */
  | { readonly kind: 'base'; readonly target: string }
  /** `T.PID.RANDOM.tmp`: a product before it is published, under the lock of T. */
  | { readonly kind: 'product'; readonly target: string; readonly pid: number; readonly ours: boolean }
  /** `STEM.tmp-PID-RANDOM`, with any ending: the same of `launch`, whose targets begin with STEM. */
  | { readonly kind: 'launched'; readonly stem: string; readonly pid: number }
  /** `.PID.RANDOM.tmp`, or a lock that was moved away to be removed: needed for an instant, under no lock. */
  | { readonly kind: 'passing'; readonly pid: number };

const LOCK_ENDINGS: readonly (readonly [ending: string, lock: StandingLockKind])[] = [
  ['.lockdir', 'lockdir'],
  ['.lock.excl', 'cifs'],
  ['.lock.pid', 'flock-fallback'],
];

/** RANDOM is 16 hexadecimal digits; bash's $RANDOM or 4 hexadecimal digits in what the original ct-lock-helper makes. */
const TEMPORARY = /^(.*)\.(\d{1,10})\.(?:([0-9a-f]{16})|[0-9a-f]{4}|\d{1,5})\.tmp$/s;
const LAUNCHED = /^(.+)\.tmp-(\d{1,10})-[0-9a-f]{16}(?:[.-].*)?$/s;

/** Recognises a leftover by its name, or returns undefined. What it is indeed, a file or a directory, is to be looked at. */
export function recognise(name: string): Leftover | undefined {
  // Nearly every name is that of a product and ends here.
  if (!name.includes('.lock') && !name.includes('.tmp')) return undefined;
  for (const [ending, lock] of LOCK_ENDINGS) {
    if (name.endsWith(ending))
      return withTarget(name.slice(0, -ending.length), (target) => ({ kind: 'lock', lock, target }));
  }
  if (name.endsWith('.lock')) return withTarget(name.slice(0, -'.lock'.length), (target) => ({ kind: 'base', target }));
  const [, target, pid, long] = TEMPORARY.exec(name) ?? [];
  if (target !== undefined) return temporary(target, Number(pid), long !== undefined);
  const [, stem, launcher] = LAUNCHED.exec(name) ?? [];
  return stem === undefined ? undefined : { kind: 'launched', stem, pid: Number(launcher) };
}

function temporary(target: string, pid: number, ours: boolean): Leftover | undefined {
  const passing = target === '' || LOCK_ENDINGS.some(([ending]) => target.endsWith(ending));
  if (!passing) return { kind: 'product', target, pid, ours };
  return ours ? { kind: 'passing', pid } : undefined;
}

function withTarget(target: string, leftover: (target: string) => Leftover): Leftover | undefined {
  return target === '' ? undefined : leftover(target);
}

/** The names under which the lock of a target stands while it is held, apart from kernel locks on its `T.lock`. */
export function lockNames(target: string): string[] {
  return LOCK_ENDINGS.map(([ending]) => pathBeside(target, ending));
}

/** Whether a target may be one of those that `launch` writes under a stem: STEM itself, or STEM with an ending. */
export function hasStem(target: string, stem: string): boolean {
  return target === stem || target.startsWith(`${stem}.`);
}

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Inspection,
  isOwnDirectory,
  isShortName,
  type ObjectLock,
  openStandingLock,
  removalCommand,
  targetIn,
} from '../locks/index.js';
import { type CleanupContext, findingOf, reportRemoval } from './finding.js';
import { namesBehind } from './long-names.js';
import type { RemoteAnswer } from './remote-host.js';
import { removeLock } from './removal.js';
import { RemoteHosts } from './ssh.js';
import type { FoundLock } from './survey.js';
import { judgeLock } from './verdict.js';

/** A lock as it was seen. */
interface Seen {
  readonly path: string;
  /** As in a finding. */
  readonly target: { readonly target?: string | null };
  readonly lock: ObjectLock;
  readonly held: Extract<Inspection, { readonly kind: 'held' }>;
  /** When it was seen, by the clock of the file server. */
  readonly ageMs: number;
}

/** A lock whose owner's host is to be asked: no more than it takes to find it again, for there may be many. */
interface Pending {
  readonly found: FoundLock;
  readonly host: string;
  readonly pid: number;
  readonly sinceMs: number | undefined;
}

/** So many locks of other hosts are kept until these are asked: as many processes a host can look for in the time that it has. */
const MOST_PENDING = 2000;

/** Removes the locks of dead owners: first those that can be judged from here, then, some at a time, those that their hosts have judged. */
export class LockCleaner {
  readonly #context: CleanupContext;
  readonly #onAsking: (hosts: number) => void;
  readonly #hosts: RemoteHosts;
  #pending: Pending[] = [];

  /** @param onAsking called with the number of hosts that are asked */
  constructor(context: CleanupContext, onAsking: (hosts: number) => void) {
    this.#context = context;
    this.#onAsking = onAsking;
    this.#hosts = new RemoteHosts(context.sshTimeoutS);
  }

  async clean(locks: readonly FoundLock[]): Promise<void> {
    const context = this.#context;
    for (const found of locks) {
      await guarded(join(found.directory, found.name), context, async (path) => {
        const seen = look(found, path, context);
        if (seen === undefined) return;
        const asked = await decide(seen, undefined, context);
        if (asked !== undefined) this.#pending.push({ found, ...asked, sinceMs: seen.held.sinceMs });
      });
      if (this.#pending.length >= MOST_PENDING) await this.end();
    }
  }

  /** Decides about all that wait for the answer of a host. */
  async end(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    const answers = await this.#ask(pending);
    for (const { found, host, pid, sinceMs } of pending) {
      const answer = answers.get(host) ?? { kind: 'no-answer', why: 'it was not asked' };
      await guarded(join(found.directory, found.name), this.#context, async (path) => {
        const seen = look(found, path, this.#context);
        // The answer is about that very owner. A lock with a new owner stays, and the next clean-up judges it.
        if (seen?.held.owner?.pid !== pid || seen.held.owner.host !== host || seen.held.sinceMs !== sinceMs) return;
        await decide(seen, answer, this.#context);
      });
    }
  }

  async #ask(pending: readonly Pending[]): Promise<ReadonlyMap<string, RemoteAnswer>> {
    if (this.#context.sshTimeoutS === 0 || pending.length === 0) return new Map();
    const processes = new Map<string, Set<number>>();
    for (const { host, pid } of pending) processes.set(host, (processes.get(host) ?? new Set()).add(pid));
    this.#onAsking(processes.size);
    return this.#hosts.ask(processes);
  }
}

/** @returns undefined when it is gone */
function look({ directory, leftover }: FoundLock, path: string, context: CleanupContext): Seen | undefined {
  const { host, overdueMs } = context;
  const { clock, reach } = context.places.of(directory);
  const lock = openStandingLock(leftover.lock, join(directory, leftover.target), {
    host,
    clock,
    overdueMs,
    local: reach === 'local',
  });
  const held = lock.inspect();
  if (held.kind === 'free') return undefined;
  // A directory that may be listed but not searched is a failure, not a record that may not be read.
  if (held.owner === undefined) lstatSync(path);
  const ageMs = host.now() + (clock.offsetMs(directory) ?? 0) - (held.sinceMs ?? host.now());
  return { path, target: targetOf(directory, leftover.target, context), lock, held, ageMs };
}

/** What is not plain from the name of the lock. */
function targetOf(directory: string, name: string, { lockDirectories }: CleanupContext): Seen['target'] {
  if (lockDirectories.has(directory) || isOwnDirectory(directory)) return { target: targetIn(directory, name) ?? null };
  if (!isShortName(name)) return {};
  const [behind] = namesBehind(directory, name);
  return { target: behind === undefined ? null : join(directory, behind) };
}

/** @returns the host to ask first */
async function decide(
  { path, target, lock, held, ageMs }: Seen,
  answer: RemoteAnswer | undefined,
  context: CleanupContext,
): Promise<{ readonly host: string; readonly pid: number } | undefined> {
  const { host, minAgeMs, dryRun, cleared } = context;
  const verdict = judgeLock(held, { ageMs, minAgeMs, here: host, answer });
  if (verdict.kind === 'ask') return verdict;
  const about = { path, what: 'lock', owner: held.owner, ...target } as const;
  if (verdict.kind !== 'stale') {
    const clear = verdict.forPerson === true ? removalCommand(lock) : undefined;
    context.report({ ...about, fate: verdict.kind, why: verdict.why, ...(clear === undefined ? {} : { clear }) });
    return undefined;
  }
  const removal = dryRun ? ({ kind: 'removed' } as const) : await removeLock(lock, held, host);
  if (removal.kind === 'removed') cleared.add(path);
  reportRemoval(context, about, verdict.why, removal);
  return undefined;
}

async function guarded(path: string, context: CleanupContext, action: (path: string) => Promise<void>): Promise<void> {
  try {
    await action(path);
  } catch (error) {
    const finding = findingOf(error, { path, what: 'lock' });
    if (finding !== undefined) context.report(finding);
  }
}

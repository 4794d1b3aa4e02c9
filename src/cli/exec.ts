import type { Argv } from '../compile/argv.js';
import { type CommandEnd, runCommand } from '../compile/command.js';
import { didYouMean } from '../config/suggestion.js';
import type { ClaimKind } from '../coordination/queue-of-claims.js';
import { thisHost } from '../host/host.js';
import {
  acquireBesideSharers,
  acquireTogether,
  describeHolder,
  explainNotice,
  type Holder,
  type Inspection,
  isStrategy,
  MOST_SLOTS,
  type Notice,
  type ObjectLock,
  openLock,
  removalCommand,
  STRATEGIES,
  type Strategy,
} from '../locks/index.js';
import { IN_ETCD } from '../tables/locks.js';
import { formatDuration } from '../text/duration.js';
import { shown } from '../text/shown.js';
import { endAs } from './command-end.js';
import { durationOf } from './duration-option.js';
import { EXIT, Refusal } from './exit.js';
import { complain } from './failure.js';
import type { GlobalOptions } from './project-of.js';
import { stopSignal } from './stop-signal.js';

export interface ExecOptions {
  readonly lock: string;
  readonly wait: string;
  readonly strategy?: string;
  readonly shared?: boolean;
  readonly slots?: string;
  readonly quiet?: boolean;
}

/** `stagelock exec --lock PATH -- COMMAND...` */
export async function execCommand(
  words: readonly string[],
  options: ExecOptions,
  global: GlobalOptions = {},
): Promise<void> {
  const command = commandOf(words);
  const timeoutMs = durationOf('--wait', options.wait);
  if (options.strategy === IN_ETCD) return await inEtcd(command, timeoutMs, options, global);
  const strategy = strategyOf(options.strategy);
  const togetherness = togethernessOf(options);
  const quiet = options.quiet ?? false;
  const stop = stopSignal({ later: 'at-once' });
  const lock = openLock(options.lock, { strategy });
  const onNotice = quiet ? () => undefined : noticeReporter();

  const waiting = { timeoutMs, signal: stop.signal, onNotice };
  const acquisition =
    togetherness === undefined
      ? await (timeoutMs === 0 ? lock.acquire(waiting) : acquireBesideSharers(lock, waiting))
      : await acquireTogether(options.lock, togetherness, { strategy }, waiting);
  if (acquisition.kind === 'timed-out') {
    if (!quiet) complain(explainHeld(lock, acquisition.holder, timeoutMs, command));
    process.exitCode = EXIT.held;
    return;
  }
  if (acquisition.kind === 'aborted') {
    process.exitCode = stop.exitCode();
    stop.dieIfHungUp();
    return;
  }
  nameSlot(acquisition.lock);
  let end: CommandEnd;
  try {
    end = await runCommand(command, stop.signal, { atOnce: stop.atOnce });
  } finally {
    if ((await acquisition.lock.release()) === 'lost') {
      const how = togetherness === undefined ? 'twice at once' : 'beside others that must not';
      complain(
        `${shown(lock.path)}: this lock was removed while it was held; ${shown(command[0])} may have run ${how}`,
      );
    }
  }
  endAs(end, stop);
}

/** So that a command can tell which of several boards is its own. One of an outer `exec` says nothing of this lock. */
function nameSlot(lock: object): void {
  if ('slot' in lock && lock.slot !== undefined) process.env['STAGELOCK_SLOT'] = String(lock.slot);
}

/**
 * Reports to a person at a terminal how long the command has been waiting, and for whom. Without a terminal, a wait that was
 * asked for is no news; only a lock of another host that is overdue is reported, once, since only a person can remove it.
 */
function noticeReporter(): (notice: Notice) => void {
  let reportedOverdue = false;
  return (notice) => {
    if (notice.kind === 'waiting' && !process.stderr.isTTY) {
      if (!notice.escalated || reportedOverdue) return;
      reportedOverdue = true;
    }
    complain(explainNotice(notice, Date.now()));
  };
}

function explainHeld(lock: ObjectLock, holder: Inspection, timeoutMs: number, command: Argv): string {
  const waited = timeoutMs === 0 ? '' : ` after ${formatDuration(timeoutMs)}`;
  const first = `${shown(lock.target)}: ${describeHolder(dated(holder), Date.now())}`;
  return `${first}\n  ${shown(command[0])} was not run${waited}. ${whatToDo(lock, holder, timeoutMs)}`;
}

/** The kernel does not say since when it holds a lock; the start of its holder is the next best. */
function dated(holder: Inspection): Inspection {
  if (holder.kind === 'free') return holder;
  const { sharers } = holder;
  return { ...startedThen(holder), ...(sharers === undefined ? {} : { sharers: sharers.map(startedThen) }) };
}

function startedThen<T extends Omit<Holder, 'path'>>(holder: T): T {
  if (holder.sinceMs !== undefined || holder.owner?.host !== thisHost().name) return holder;
  const facts = thisHost().process(holder.owner.pid);
  if (facts.kind !== 'running' || facts.startedMs === undefined) return holder;
  return { ...holder, sinceMs: Math.min(facts.startedMs, Date.now() - 1000) };
}

function whatToDo(lock: ObjectLock, holder: Inspection, timeoutMs: number): string {
  const unsure = unsureOf(lock, holder);
  if (unsure !== undefined) {
    const { owner } = unsure;
    const who = owner === undefined ? 'its owner' : `pid ${owner.pid} on ${owner.host}`;
    return `If ${who} is gone, remove the lock: ${removalCommand(unsure)}`;
  }
  return timeoutMs === 0
    ? 'Run it again later, or let it wait: --wait "10 min"'
    : 'Run it again later, or let it wait longer (--wait)';
}

/** The lock of that name where hosts that share no disk find it. */
async function inEtcd(command: Argv, timeoutMs: number, options: ExecOptions, global: GlobalOptions): Promise<void> {
  const { lock, quiet = false } = options;
  const togetherness = togethernessOf(options);
  const { projectOf } = await import('./project-of.js');
  const { file, coordination } = projectOf(global);
  if (coordination === undefined) {
    throw new Refusal(EXIT.usage, `--strategy ${IN_ETCD} needs the table [coordination] in ${file}`);
  }
  const { execInEtcd } = await import('./exec-in-etcd.js');
  await execInEtcd(coordination, { name: lock, claim: claimOf(togetherness), command, timeoutMs, quiet });
}

/** How a lock in etcd is wanted. */
function claimOf(together: ReturnType<typeof togethernessOf>): ClaimKind {
  if (together === undefined) return { kind: 'exclusive' };
  return together.slots === undefined ? { kind: 'shared' } : { kind: 'slot', slots: together.slots };
}

/** A holder who may be gone, and what only a person can remove then. */
function unsureOf({ path }: ObjectLock, holder: Inspection): Pick<Holder, 'owner' | 'path'> | undefined {
  if (holder.kind === 'free') return undefined;
  const { owner, judgement, sharers } = holder;
  if (sharers !== undefined) return sharers.find((sharer) => sharer.judgement.fate !== 'alive');
  return judgement.fate === 'alive' ? undefined : { owner, path };
}

/** Undefined of a lock that is to be held alone. */
function togethernessOf({ shared = false, slots }: ExecOptions): { readonly slots: number | undefined } | undefined {
  if (slots === undefined) return shared ? { slots: undefined } : undefined;
  if (shared) throw new Refusal(EXIT.usage, 'exec: --slots shares the lock already; leave out --shared');
  const number = /^\d{1,4}$/.test(slots) ? Number(slots) : 0;
  if (number >= 1 && number <= MOST_SLOTS) return { slots: number };
  throw new Refusal(EXIT.usage, `--slots ${slots}: expected a number from 1 to ${MOST_SLOTS}`);
}

function commandOf([program, ...rest]: readonly string[]): Argv {
  if (program === undefined || program === '') throw new Refusal(EXIT.usage, 'exec: the command to run is empty');
  return [program, ...rest];
}

function strategyOf(word: string | undefined): Strategy | 'auto' {
  if (word === undefined || word === 'auto' || isStrategy(word)) return word ?? 'auto';
  const all = [...STRATEGIES, IN_ETCD];
  const known = all.join(', ');
  throw new Refusal(EXIT.usage, `--strategy ${word} is unknown; there are: ${known}${didYouMean(word, all)}`);
}

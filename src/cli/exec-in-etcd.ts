import type { Argv } from '../compile/argv.js';
import { type CommandEnd, runCommand } from '../compile/command.js';
import type { Coordination } from '../config/project.js';
import { describeAhead } from '../coordination/ahead-text.js';
import { claimantOf } from '../coordination/claimant.js';
import { CutOff } from '../coordination/cut-off.js';
import { Keys } from '../coordination/keys.js';
import { type Acquisition, type Ahead, NamedLock } from '../coordination/named-lock.js';
import type { ClaimKind } from '../coordination/queue-of-claims.js';
import { EtcdError } from '../etcd/error.js';
import { Etcd } from '../etcd/etcd.js';
import { formatDuration } from '../text/duration.js';
import { shown } from '../text/shown.js';
import { endAs } from './command-end.js';
import { EXIT, Refusal } from './exit.js';
import { complain } from './failure.js';
import { type Stop, stopSignal } from './stop-signal.js';

export interface ExecInEtcd {
  /** Any text that all who want the lock use for it. */
  readonly name: string;
  readonly claim: ClaimKind;
  readonly command: Argv;
  readonly timeoutMs: number;
  readonly quiet: boolean;
}

/** `stagelock exec --strategy etcd --lock NAME -- COMMAND...` */
export async function execInEtcd(coordination: Coordination, wanted: ExecInEtcd): Promise<void> {
  const etcd = new Etcd(coordination);
  try {
    await exec(etcd, coordination, wanted);
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    // Nothing was claimed then. Whatever else etcd says is no absence.
    if (error.kind !== 'refused' && coordination.whenAway === 'compile') return await unlocked(wanted, error);
    const text = `${shown(wanted.command[0])} was not run, because etcd could not be asked for the lock: ${shown(error.message)}`;
    throw new Refusal(EXIT.held, text);
  } finally {
    await etcd.close();
  }
}

/** As the configuration wants it: what is compiled twice at once is better than nothing. */
async function unlocked({ name, command }: ExecInEtcd, { message }: EtcdError): Promise<void> {
  complain(
    `${shown(name)}: ${shown(command[0])} runs without its lock (when_away = "compile"), because etcd could not be asked: ${shown(message)}`,
  );
  const stop = stopSignal({ later: 'at-once' });
  endAs(await runCommand(command, stop.signal, { atOnce: stop.atOnce }), stop);
}

async function exec(etcd: Etcd, coordination: Coordination, wanted: ExecInEtcd): Promise<void> {
  const { name, claim, command, timeoutMs, quiet } = wanted;
  const stop = stopSignal({ later: 'at-once' });
  const acquisition = await NamedLock.acquire(etcd, new Keys(coordination.prefix), {
    name,
    claim,
    claimant: claimantOf(coordination.host, command),
    leaseMs: coordination.leaseMs,
    timeoutMs,
    signal: stop.signal,
    onWaiting: (ahead) => {
      if (!quiet && process.stderr.isTTY) complain(`waiting for ${shown(name)}:\n${indented(ahead).join('\n')}`);
    },
  });
  if (acquisition.kind === 'acquired') return await under(acquisition.lock, coordination, wanted, stop);
  if (acquisition.kind === 'aborted') {
    process.exitCode = stop.exitCode();
    stop.dieIfHungUp();
    return;
  }
  if (!quiet) complain(explainRefused(acquisition, wanted));
  process.exitCode = EXIT.held;
}

/** Runs the command, and ends it before the lease is over when that cannot be renewed. */
async function under(
  lock: NamedLock,
  { leaseMs }: Coordination,
  { name, command }: ExecInEtcd,
  stop: Stop,
): Promise<void> {
  const cutOff = new CutOff(lock, leaseMs);
  process.env['STAGELOCK_LOCK_TOKEN'] = lock.token;
  let ended: CommandEnd;
  try {
    ended = await runCommand(command, AbortSignal.any([stop.signal, cutOff.soon]), {
      atOnce: AbortSignal.any([stop.atOnce, cutOff.atOnce]),
    });
  } finally {
    cutOff.close();
  }
  const wasCutOff = lock.lost.aborted && !stop.signal.aborted && ended.kind === 'interrupted';
  if ((await lock.release()) === 'lost' && !wasCutOff) {
    complain(
      `${shown(name)}: the lease of this lock ran out while it was held; ${shown(command[0])} may have run twice at once`,
    );
  }
  if (wasCutOff) {
    complain(
      `${shown(name)}: ${shown(command[0])} was ended, because etcd did not renew the lease of its lock in time`,
    );
    process.exitCode = EXIT.held;
    return;
  }
  endAs(ended, stop);
}

function explainRefused(
  refused: Extract<Acquisition, { kind: 'timed-out' | 'lost' }>,
  { name, command, timeoutMs }: ExecInEtcd,
): string {
  const notRun = `${shown(command[0])} was not run`;
  if (refused.kind === 'lost')
    return `${shown(name)}: ${notRun}, because etcd has not answered for longer than the lease is`;
  const waited = timeoutMs === 0 ? '' : ` after ${formatDuration(timeoutMs)}`;
  const longer = timeoutMs === 0 ? 'let it wait: --wait "10 min"' : 'let it wait longer (--wait)';
  return [
    `${shown(name)}: claimed by others before:`,
    ...indented(refused.ahead),
    `  ${notRun}${waited}. Run it again later, or ${longer}`,
  ].join('\n');
}

function indented(ahead: readonly Ahead[]): string[] {
  return describeAhead(ahead).map((line) => `  ${line}`);
}

#!/usr/bin/env node
import type { Argv } from '../compile/argv.js';
import { carryOut, type Order, planOf } from '../compile/compile.js';
import { holdByFile } from '../compile/hold-by-file.js';
import { appendOutcome } from '../compile/outcome-log.js';
import { makeParent } from '../compile/parent.js';
import type { Plan } from '../compile/plan.js';
import type { Circumstances, Hold, Production } from '../compile/production.js';
import { errorCode } from '../host/error-code.js';
import {
  type EnvironmentSettings,
  explainNotice,
  LockError,
  lockPlaceOf,
  type Notice,
  type ObjectLock,
  openLock,
  type Strategy,
  settingsFromEnvironment,
} from '../locks/index.js';
import { NOT_HELD, OWN_ERROR } from '../tables/compiles.js';
import { HELP } from '../tables/helper-help.js';
import { IN_ETCD } from '../tables/locks.js';
import * as says from '../tables/messages.js';
import { shown } from '../text/shown.js';
import { VERSION } from '../version.js';
import { exitCodeOfEnd, Refusal } from './exit.js';
import { type Choice, readHelperArguments, UsageError } from './helper-arguments.js';
import { settle } from './settle.js';
import { type Stop, stopSignal } from './stop-signal.js';

async function main(args: readonly string[]): Promise<number> {
  try {
    const wanted = readHelperArguments(args);
    switch (wanted.verb) {
      case 'help':
        process.stdout.write(HELP);
        return 0;
      case 'version':
        process.stdout.write(`ct-lock-helper ${VERSION} (stagelock)\n`);
        return 0;
      case 'settle':
        return await settle(wanted.target, wanted.strategy, warn);
      default:
        return await run(wanted, wanted.strategy);
    }
  } catch (error) {
    for (const line of describe(error)) warn(line);
    return OWN_ERROR;
  }
}

async function run(order: Order, choice: Choice): Promise<number> {
  const stop = stopSignal();
  if (order.verb !== 'launch') makeParent(order.target);
  const plan = planOf(order);
  const circumstances = (target: string): Circumstances => {
    const { hold, verbose } =
      choice === IN_ETCD ? inEtcd(target, order.command, stop) : byFile(target, plan, choice, stop);
    if (plan.kind === 'locked' && verbose >= 1) warn(says.writtenInPlace(target, plan.why));
    return { hold, stop: stop.signal };
  };
  const production = await carryOut(plan, order.command, stop.signal, circumstances);
  const code = exitCodeOf(production, order, stop);
  const log = process.env['CT_RULE_OUTCOMES_LOG'] ?? '';
  if (code === 0 && log !== '' && order.verb !== 'launch' && plan.kind !== 'unchanged') {
    appendOutcome(log, { target: order.target, kind: order.verb === 'compile' ? 'obj' : 'exe' });
  }
  if (production.kind === 'interrupted') stop.dieIfHungUp();
  return code;
}

interface Holding {
  readonly hold: Hold | undefined;
  readonly verbose: number;
}

/** The lock of the target by a strategy of the file system. */
function byFile(target: string, plan: Plan, choice: Strategy | 'auto', stop: Stop): Holding {
  const isOptional = plan.kind === 'locked' && plan.lockIsOptional === true;
  const { lock, settings } = isOptional ? lockIfAny(target, choice) : lockOf(target, choice);
  const { verbose } = settings;
  if (lock === undefined) return { hold: undefined, verbose };
  const onNotice = (notice: Notice): void => {
    if (notice.kind === 'waiting' || verbose >= 1) warn(explainNotice(notice, Date.now()));
  };
  const log = process.env['CT_LOCK_LOG'] || undefined;
  const hold = holdByFile({ lock, stop: stop.signal, onNotice, log, onWarning: warn });
  return {
    verbose,
    hold: async (work) => {
      const production = await hold(work);
      if (production.lock === 'lost') {
        warn(says.removedWhileHeld(lock.path, plan.kind === 'unchanged' ? target : plan.target));
      }
      return production;
    },
  };
}

/** The lock of the target in etcd, whose code is loaded for that only. */
function inEtcd(target: string, command: Argv, stop: Stop): Holding {
  const { settings, warnings } = settingsFromEnvironment(process.env, 'lockdir');
  for (const warning of warnings) warn(warning);
  const { verbose, warnMs, overdueMs } = settings;
  return {
    verbose,
    hold: async (work) => {
      const { objectInEtcd } = await import('./object-in-etcd.js');
      const { holdInEtcd } = await import('../compile/hold-in-etcd.js');
      const log = process.env['CT_LOCK_LOG'] || undefined;
      const object = await objectInEtcd(target, { directory: process.cwd(), environment: process.env });
      const waiting = { stop: stop.signal, warnMs, overdueMs, log, onWarning: warn };
      return holdInEtcd({ ...object, target, command, ...waiting })(work);
    },
  };
}

function exitCodeOf(production: Production, { verb, command }: Order, stop: Stop): number {
  switch (production.kind) {
    case 'published':
      return 0;
    case 'unprotected':
      return NOT_HELD;
    case 'not-started':
      warn(production.message);
      return OWN_ERROR;
    case 'absent':
      // `compile` appends -o itself, so a file must result. In `link`, the command line is the caller's and may not write one.
      if (verb !== 'compile') return 0;
      warn(says.nothingWritten(command[0], production.temporary));
      return OWN_ERROR;
    default:
      return exitCodeOfEnd(production, stop);
  }
}

/** The lock of the target as the environment wants it; which variables count depends on the strategy. */
function lockOf(
  target: string,
  choice: Strategy | 'auto',
): { readonly lock: ObjectLock | undefined; readonly settings: EnvironmentSettings } {
  const place = lockPlaceOf(target, { environment: process.env, chosen: choice, make: true });
  if ('problem' in place) {
    warn(says.noLockTaken(place.problem, target));
    return { lock: undefined, settings: settingsFromEnvironment(process.env, 'flock').settings };
  }
  const { strategy } = openLock(target, { strategy: choice, place });
  const { settings, warnings } = settingsFromEnvironment(process.env, strategy);
  for (const warning of warnings) warn(warning);
  return { lock: openLock(target, { strategy, settings, place }), settings };
}

/** The same where the command runs without a lock rather than not at all: it can write its output, and we nothing beside it. */
function lockIfAny(target: string, choice: Strategy | 'auto'): ReturnType<typeof lockOf> {
  try {
    const found = lockOf(target, choice);
    found.lock?.try()?.release();
    return found;
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    warn(`${error.message}; no lock is taken for ${target}`);
    return { lock: undefined, settings: settingsFromEnvironment(process.env, 'flock').settings };
  }
}

function describe(error: unknown): string[] {
  if (error instanceof UsageError) return [error.message, says.helpTellsMore];
  if (error instanceof LockError) return [error.message];
  if (error instanceof Refusal) return error.message.split('\n');
  if (errorCode(error) !== undefined && error instanceof Error) return [error.message];
  return `internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`.split('\n');
}

/** One line, whatever names of files and of hosts hold; the native front writes the same. */
function warn(text: string): void {
  // A warning whose reader is gone (`make 2>&1 | head`) must not end a compile.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
  process.stderr.write(`ct-lock-helper: ${shown(text, Number.POSITIVE_INFINITY)}\n`);
}

process.exitCode = await main(process.argv.slice(2));

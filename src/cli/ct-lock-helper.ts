#!/usr/bin/env node
import { carryOut, type Order, planOf } from '../compile/compile.js';
import { appendOutcome } from '../compile/outcome-log.js';
import { makeParent } from '../compile/parent.js';
import type { Circumstances, Production } from '../compile/production.js';
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
import { OWN_ERROR } from '../tables/compiles.js';
import { HELP } from '../tables/helper-help.js';
import * as says from '../tables/messages.js';
import { shown } from '../text/shown.js';
import { VERSION } from '../version.js';
import { exitCodeOfEnd } from './exit.js';
import { readHelperArguments, UsageError } from './helper-arguments.js';
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

async function run(order: Order, strategy: Strategy | 'auto'): Promise<number> {
  const stop = stopSignal();
  if (order.verb !== 'launch') makeParent(order.target);
  const plan = planOf(order);
  let lockPath = '';
  const circumstances = (target: string): Circumstances => {
    const { lock, settings } =
      plan.kind === 'locked' && plan.lockIsOptional ? lockIfAny(target, strategy) : lockOf(target, strategy);
    lockPath = lock?.path ?? '';
    if (plan.kind === 'locked' && settings.verbose >= 1) {
      warn(says.writtenInPlace(target, plan.why));
    }
    const onNotice = (notice: Notice): void => {
      if (notice.kind === 'waiting' || settings.verbose >= 1) warn(explainNotice(notice, Date.now()));
    };
    return { lock, stop: stop.signal, onNotice, log: process.env['CT_LOCK_LOG'] || undefined, onWarning: warn };
  };
  const production = await carryOut(plan, order.command, stop.signal, circumstances);
  if (production.lock === 'lost' && plan.kind !== 'unchanged') {
    warn(says.removedWhileHeld(lockPath, plan.target));
  }
  const code = exitCodeOf(production, order, stop);
  const log = process.env['CT_RULE_OUTCOMES_LOG'] ?? '';
  if (code === 0 && log !== '' && order.verb !== 'launch' && plan.kind !== 'unchanged') {
    appendOutcome(log, { target: order.target, kind: order.verb === 'compile' ? 'obj' : 'exe' });
  }
  if (production.kind === 'interrupted') stop.dieIfHungUp();
  return code;
}

function exitCodeOf(production: Production, { verb, command }: Order, stop: Stop): number {
  switch (production.kind) {
    case 'published':
      return 0;
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

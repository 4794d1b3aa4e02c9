#!/usr/bin/env node
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import type { Argv } from '../compile/command.js';
import { type CompileResult, compile } from '../compile/compile.js';
import {
  type EnvironmentSettings,
  errorCode,
  explainNotice,
  isStrategy,
  LockError,
  type Notice,
  type ObjectLock,
  openLock,
  STRATEGIES,
  type Strategy,
  settingsFromEnvironment,
} from '../locks/index.js';
import { VERSION } from '../version.js';
import { settle } from './settle.js';

const HELP = `Usage: ct-lock-helper compile --target=FILE [--strategy=STRATEGY] -- COMMAND...

Runs COMMAND with "-o TEMPORARY" appended while it holds the lock of FILE, then
renames TEMPORARY to FILE: several users and hosts can compile into one
directory, one at a time per FILE, and nobody ever reads half of one.

  --target=FILE        what COMMAND produces
  --strategy=STRATEGY  lockdir (works everywhere: NFS, GPFS, Lustre), cifs
                       (CIFS, SMB), flock (local file systems) or fcntl;
                       without it the file system decides
  --help, --version

Environment:
  CT_LOCK_SLEEP_INTERVAL  seconds between two attempts to get the lock
                          (default: 0.01 to 0.1, as suits the file system);
                          _CIFS and _FLOCK appended: for that strategy only
  CT_LOCK_WARN_INTERVAL   seconds between two warnings while waiting (30)
  CT_LOCK_TIMEOUT         seconds after which a lock of another host is
                          overdue and the warnings say how to remove it (600)
  CT_LOCK_VERBOSE         1: tell of stale locks that are removed (0)

Exit code: that of COMMAND; 125 for errors of ct-lock-helper itself;
128+N after signal N.
`;

/** Of our own errors, so that they can be told from those of the command. */
const OWN_ERROR = 125;

/** The command line is not one of ours. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface CommandLine {
  readonly target: string;
  readonly strategy: Strategy | 'auto';
  readonly command: Argv;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const dashes = args.indexOf('--');
    const { values, positionals } = parseOptions(dashes < 0 ? args : args.slice(0, dashes));
    if (values.help || values.version) {
      process.stdout.write(values.help ? HELP : `ct-lock-helper ${VERSION} (stagelock)\n`);
      return 0;
    }
    const { target, strategy } = values;
    if (positionals[0] === 'settle' && target !== undefined && strategy !== undefined && isStrategy(strategy)) {
      return await settle(target, strategy, warn);
    }
    return await compileCommand(commandLine(values, positionals, dashes < 0 ? undefined : args.slice(dashes + 1)));
  } catch (error) {
    warn(describe(error));
    return OWN_ERROR;
  }
}

async function compileCommand({ target, strategy, command }: CommandLine): Promise<number> {
  const stop = stopSignal();
  const { lock, settings } = lockOf(target, strategy);
  const onNotice = (notice: Notice): void => {
    if (notice.kind === 'waiting' || settings.verbose >= 1) warn(explainNotice(notice, Date.now()));
  };
  const result = await compile({ target, lock, command, pid: process.pid, stop: stop.signal, onNotice });
  if (result.lock === 'lost') {
    warn(`${lock.path}: somebody removed this lock while it was held; ${target} may have been compiled twice at once`);
  }
  const code = exitCodeOf(result, command, stop);
  if (result.kind === 'interrupted') stop.dieIfHungUp();
  return code;
}

function exitCodeOf(result: CompileResult, command: Argv, stop: Stop): number {
  switch (result.kind) {
    case 'published':
      return 0;
    case 'failed':
      return result.exitCode;
    case 'signalled':
      return 128 + constants.signals[result.signal];
    case 'interrupted':
      return 128 + constants.signals[stop.name()];
    case 'not-started':
      warn(result.message);
      return OWN_ERROR;
    case 'absent':
      warn(`${command[0]} succeeded without writing ${result.temporary}, which the appended -o names`);
      return OWN_ERROR;
  }
}

/** The lock of the target as the environment wants it; which variables count depends on the strategy. */
function lockOf(
  target: string,
  choice: Strategy | 'auto',
): { readonly lock: ObjectLock; readonly settings: EnvironmentSettings } {
  const { strategy } = openLock(target, { strategy: choice });
  const { settings, warnings } = settingsFromEnvironment(process.env, strategy);
  for (const warning of warnings) warn(warning);
  return { lock: openLock(target, { strategy, settings }), settings };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        target: { type: 'string' },
        strategy: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function commandLine(
  { target, strategy = 'auto' }: { readonly target?: string; readonly strategy?: string },
  words: readonly string[],
  command: readonly string[] | undefined,
): CommandLine {
  const [verb, ...more] = words;
  if (verb === undefined) throw new UsageError('what to do is missing: compile');
  if (verb !== 'compile') throw new UsageError(`"${verb}" is unknown; there is: compile`);
  if (target === undefined || target === '') throw new UsageError('--target=FILE is missing');
  if (strategy !== 'auto' && !isStrategy(strategy)) {
    throw new UsageError(`--strategy=${strategy} is unknown; there are: ${STRATEGIES.join(', ')}`);
  }
  const [program, ...rest] = command ?? [];
  if (more.length > 0 || program === undefined || program === '') {
    throw new UsageError('the command to run belongs behind " -- "');
  }
  return { target, strategy, command: [program, ...rest] };
}

type StopName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

interface Stop {
  readonly signal: AbortSignal;
  /** The signal that came first; SIGTERM as long as none has. */
  readonly name: () => StopName;
  /** Ends this process by SIGHUP if its terminal is gone: Node aborts at its exit when it cannot restore that. */
  readonly dieIfHungUp: () => void;
}

/** Fires at the first INT, TERM or HUP. Later ones change nothing: the end is under way, and it has a time limit. */
function stopSignal(): Stop {
  const controller = new AbortController();
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let first: StopName | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      first ??= name;
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    name: () => first ?? 'SIGTERM',
    dieIfHungUp: () => {
      if (first !== 'SIGHUP' || !onTerminal) return;
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
    },
  };
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nct-lock-helper --help tells more`;
  if (error instanceof LockError) return error.message;
  if (errorCode(error) !== undefined && error instanceof Error) return error.message;
  return `internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`;
}

function warn(text: string): void {
  // A warning that nobody reads any more (`make 2>&1 | head`) must not end a compile.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
  process.stderr.write(`ct-lock-helper: ${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));

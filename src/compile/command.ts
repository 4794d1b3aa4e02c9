import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { Leash } from '../locks/index.js';
import { descentOf, signalAll } from '../processes/endable.js';
import { type Ending, endTree } from '../processes/ending.js';
import * as says from '../tables/messages.js';
import type { Argv } from './argv.js';
import { inheritedBy } from './inherited.js';

/** How a command ended. Of `interrupted` nothing runs any more; any other may have left processes behind on purpose. */
export type CommandEnd =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly exitCode: number }
  /** It died of a signal that we did not send. */
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly message: string }
  /** Ended because we were told to stop. */
  | { readonly kind: 'interrupted' };

export interface Ties {
  /** Takes the grace away that its processes have when they are to end. */
  readonly atOnce?: AbortSignal;
  /** Of a command that runs under a lock. */
  readonly leash?: Leash | undefined;
  /** What it gets as standard error, instead of ours. */
  readonly stderr?: number | undefined;
}

/** Between TERM and KILL. A tool that stops a build gives us ten seconds or so before it kills us, too. */
const GRACE_MS = 2000;
/** How long what was killed may take to vanish: a process inside an NFS call cannot even be killed. */
const VANISH_MS = 5000;

/**
 * Runs a command to its end with our standard input, output and error.
 *
 * When it is killed, by whatever, what it has started ends, too. When we are killed, see {@link Leash}.
 *
 * @param stop ends it together with all processes that it started
 */
export async function runCommand(
  argv: Argv,
  stop: AbortSignal,
  { atOnce, leash, stderr }: Ties = {},
): Promise<CommandEnd> {
  if (stop.aborted) return { kind: 'interrupted' };
  const [program, ...rest] = tiedToUs(argv, leash);
  // detached: a session of its own, so that a compiler driver and what it started can be ended together. The
  // interrupt key of the terminal therefore reaches only us, and we hand it on.
  const [input, output, error, ...more] = leash?.stdio() ?? inheritedBy(argv);
  const stdio = [input, output, stderr ?? error, ...more];
  const child = spawn(program, rest, { stdio, detached: true });
  leash?.tie(child);
  const exit = new Promise<CommandEnd>((resolve) => {
    child.once('error', (error) => {
      resolve({ kind: 'not-started', message: says.cannotStart(argv[0], error.message) });
    });
    child.once('exit', (code, signal) => {
      if (signal !== null) resolve({ kind: 'signalled', signal });
      else resolve(code === 0 ? { kind: 'succeeded' } : { kind: 'failed', exitCode: code ?? 1 });
    });
  });
  const group = child.pid;
  if (group === undefined) return exit;

  const tree = descentOf(group);
  let ended: Promise<Ending> | undefined;
  const patience = { naturalMs: 0, graceMs: GRACE_MS, vanishMs: VANISH_MS };
  const end = (): void => {
    // Its lock is held for as long as the kernel holds the command.
    ended ??= endTree(tree, patience);
  };
  const kill = (): void => signalAll(tree.members(), 'SIGKILL', tree.wholeGroups);
  stop.addEventListener('abort', end, { once: true });
  atOnce?.addEventListener('abort', kill, { once: true });
  try {
    const outcome = await exit;
    if (ended === undefined) {
      if (wasKilled(outcome)) await endTree(tree, patience);
      return outcome;
    }
    await ended;
  } finally {
    stop.removeEventListener('abort', end);
    atOnce?.removeEventListener('abort', kill);
  }
  return { kind: 'interrupted' };
}

/** A shell says 128 and more of a command that a signal has ended: what that one had started was left by accident. */
function wasKilled(end: CommandEnd): boolean {
  return end.kind === 'signalled' || (end.kind === 'failed' && end.exitCode > 128);
}

const SETPRIV = '/usr/bin/setpriv';

/**
 * The command, started so that the kernel kills it when we are killed ourselves, by SIGKILL or for want of memory: its
 * lock would be taken over while it goes on. Costs about a millisecond. Reaches the command itself; for what it has
 * started, and for a command under a lock, there is the leash.
 *
 * Without setpriv(1) of util-linux the command is left as it is.
 */
function tiedToUs(argv: Argv, leash: Leash | undefined): Argv {
  // They would report a missing program as exit code 127, which the command itself could have ended with.
  if (process.platform !== 'linux' || !isExecutable(argv[0])) return argv;
  const tied: Argv = isUtilLinuxSetpriv() ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...argv] : argv;
  return leash?.held(tied) ?? tied;
}

/** BusyBox and toybox have a program of that name, too, which does not know this option. */
function isUtilLinuxSetpriv(): boolean {
  try {
    return basename(realpathSync(SETPRIV)) === 'setpriv';
  } catch {
    return false;
  }
}

function isExecutable(program: string): boolean {
  const candidates = program.includes('/')
    ? [program]
    : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, program));
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

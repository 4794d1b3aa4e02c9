import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { constants as system } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { installedFile } from './installed-file.js';
import type { CommandExit, CommandStart, StartedCommand } from './started-command.js';

/** The process that a command runs under, whose descendants are what the command has started: native/keeper. */
export interface Keeper extends StartedCommand {
  readonly pid: number;
  /** `done` when nothing is left of all that the command has started; `lost` when the keeper was killed before. */
  readonly ended: Promise<'done' | 'lost'>;
}

/**
 * Starts a command under a keeper.
 *
 * @returns why the command could not be started; undefined when there is no keeper here (no C compiler when stagelock was
 *   installed) or it could not be started, and nothing has run
 */
export async function startUnderKeeper(start: CommandStart): Promise<Keeper | Error | undefined> {
  const program = installedFile('dist/stage-keeper', constants.X_OK);
  if (program === undefined) return undefined;
  let child: ChildProcess;
  try {
    // detached: as we are to live on when a terminal's interrupt key reaches stagelock.
    child = spawn(program, start.argv, {
      cwd: start.directory,
      env: start.environment,
      stdio: ['ignore', start.output, start.output, 'pipe'],
      detached: true,
    });
  } catch {
    return undefined;
  }
  child.on('error', () => undefined); // it has no process then, and so no report
  return heard(child, start);
}

async function heard(child: ChildProcess, start: CommandStart): Promise<Keeper | Error | undefined> {
  const { pid } = child;
  const reports = child.stdio[3] as Readable | null | undefined;
  if (pid === undefined || reports === null || reports === undefined) return undefined;
  const lines = createInterface({ input: reports });
  const first = new Promise<readonly string[] | undefined>((resolve) => {
    lines.once('line', (line) => resolve(line.split(' ')));
    child.once('close', () => resolve(undefined));
  });
  // `close` comes after the last report has been read.
  const ended = new Promise<'done' | 'lost'>((resolve) => {
    child.once('close', (code) => resolve(code === 0 ? 'done' : 'lost'));
  });
  const exit = new Promise<CommandExit>((resolve) => {
    lines.on('line', (line) => {
      const end = exitOf(line.split(' '));
      if (end !== undefined) resolve(end);
    });
    child.once('close', (_code, signal) => resolve({ kind: 'signalled', signal: signal ?? 'an unknown signal' }));
  });
  const [what, value] = (await first) ?? [];
  if (what === 'error') return startError(start.argv[0], Number(value));
  const abandon = (): void => {
    child.unref();
    reports.destroy();
  };
  // Killed before it could say so, perhaps by the command: what runs of that is found by its marks.
  const top = what === 'started' ? Number(value) : NO_PROCESS;
  return { pid, top, exit, abandon, ended };
}

/** The number of no process, group or session, nor the opposite of one. */
const NO_PROCESS = Number.NaN;

function exitOf([what, value]: readonly string[]): CommandExit | undefined {
  if (what === 'exited') return { kind: 'exited', code: Number(value) };
  if (what !== 'signalled') return undefined;
  const name = Object.entries(system.signals).find(([, number]) => number === Number(value))?.[0];
  return { kind: 'signalled', signal: name ?? `signal ${value}` };
}

/** As Node has it. */
function startError(program: string, errno: number): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`spawn ${program} ${code}`), { code });
}

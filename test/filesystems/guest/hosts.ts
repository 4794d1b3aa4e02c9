import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';

/** The two hosts of the laboratory, as `boot` makes them. */
export type HostName = 'a' | 'b';

/** Where the text of the guest and its bundled programs are, as the machine that booted it says. */
const { LABORATORY = '.', LABORATORY_BUILT = '.' } = process.env;
const ON_HOST = join(LABORATORY, 'on-host');

/** Starts a command on a host; the process is the command's own. */
export function spawnOnHost(host: HostName, argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(ON_HOST, [host, ...argv], options);
}

/** Starts one of the bundled programs on a host, with a channel for messages. */
export function forkOnHost(host: HostName, program: string, args: readonly string[]): ChildProcess {
  return fork(join(LABORATORY_BUILT, program), args, {
    execPath: ON_HOST,
    execArgv: [host, process.execPath],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Ends a process by SIGKILL and waits until the kernel has forgotten it. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Where a long answer goes. */
export interface Paged {
  /** Writes a piece. @returns false when its reader has left: nothing more needs to be written */
  write(text: string): Promise<boolean>;
  /** Waits until the reader has seen enough. */
  end(): Promise<void>;
}

/**
 * The pager of the user, as git uses it: `$PAGER`, a command for the shell, or less, where standard output is a terminal; else standard
 * output itself. A pager that cannot be started is no reason to show nothing.
 */
export async function paged(isWanted: boolean, environment: NodeJS.ProcessEnv): Promise<Paged> {
  const command = environment['PAGER'] ?? 'less';
  if (!isWanted || process.stdout.isTTY !== true || command === '' || command === 'cat') return direct(process.stdout);
  const pager = spawn('/bin/sh', ['-c', command], {
    stdio: ['pipe', 'inherit', 'inherit'],
    // Quits where one screen is enough, passes colours, leaves the text on the screen.
    env: { ...environment, LESS: environment['LESS'] ?? 'FRX', LV: environment['LV'] ?? '-c' },
  });
  const isStarted = await Promise.race([once(pager, 'spawn').then(() => true), once(pager, 'error').then(() => false)]);
  return isStarted && pager.stdin !== null ? through(pager, pager.stdin) : direct(process.stdout);
}

function direct(output: Writable): Paged {
  return {
    async write(text) {
      if (output.destroyed) return false;
      // A gigabyte must not stand in memory before a slow reader.
      if (!output.write(text))
        await Promise.race([once(output, 'drain'), once(output, 'close'), once(output, 'error')]);
      return !output.destroyed && output.errored === null;
    },
    end: async () => undefined,
  };
}

function through(pager: ChildProcess, input: Writable): Paged {
  const gone = once(pager, 'close');
  // The reader has quit in the middle; Ctrl-C is the pager's, too.
  input.on('error', () => undefined);
  process.on('SIGINT', () => undefined);
  const inner = direct(input);
  return {
    write: (text) => inner.write(text).catch(() => false),
    async end() {
      input.end();
      await gone;
    },
  };
}

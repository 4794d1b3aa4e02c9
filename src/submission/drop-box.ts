import { constants, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirectorySubmission } from '../config/project.js';
import { temporaryName } from '../files/temporary-name.js';
import { errorText } from '../text/error-text.js';
import { type Destination, type Report, remoteName, type Sent } from './sending.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** A directory that another program empties, as Dart's servers did. Each report appears in it whole, under Dart's name. */
export class DropBox implements Destination {
  readonly name: string;
  readonly #directory: string;

  constructor({ directory }: DirectorySubmission) {
    this.name = directory;
    this.#directory = directory;
  }

  /** A report that is sent again after a crash has the same name and replaces itself. */
  async send(report: Report, signal: AbortSignal): Promise<Sent> {
    const temporary = join(this.#directory, temporaryName());
    try {
      // Never made here: below the mount point of a server that is away, it would take everything to the wrong place.
      if (!lstatSync(`${this.#directory}/.`).isDirectory()) throw new Error('is not a directory');
      const from = await open(report.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const to = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o664);
        try {
          await copy(from, to, signal);
          await to.sync();
        } finally {
          await to.close();
        }
      } finally {
        await from.close();
      }
      renameSync(temporary, join(this.#directory, fileName(report)));
      return { kind: 'delivered' };
    } catch (error) {
      remove(temporary);
      if (signal.aborted) return { kind: 'aborted' };
      return { kind: 'unavailable', message: errorText(error), lasting: true };
    }
  }

  async close(): Promise<void> {}
}

async function copy(from: FileHandle, to: FileHandle, signal: AbortSignal): Promise<void> {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await from.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    await to.writeFile(buffer.subarray(0, bytesRead));
  }
}

/** Names of builds and sites are free text; what a path or a hidden file would be made of becomes `_`. */
function fileName(report: Report): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return remoteName(report).replaceAll(/[/\u0000-\u001f\u007f]|^\./g, '_');
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or the drop box is away.
  }
}

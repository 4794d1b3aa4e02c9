import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syscalls } from '../../../src/host/syscalls.js';

/** What the owners of a lock tell each other past the file system under test. */
export interface Ledger {
  /** How many objects have been produced. */
  readonly sequence: number;
  /** Whether the last of them was about to be put in its place; its producer may have been killed before or after. */
  readonly pending: boolean;
  readonly pid: number;
  readonly host: string;
}

const NOTHING: Ledger = { sequence: 0, pending: false, pid: 0, host: '' };

/**
 * Tells whether two owners are inside at once: by a flock(2) on a local file, which no lock under test has anything to
 * do with. The same directory holds the ledger of what was produced.
 */
export class Witness {
  readonly #file: string;
  readonly #ledger: string;

  constructor(directory: string) {
    this.#file = join(directory, 'witness');
    this.#ledger = join(directory, 'ledger');
  }

  /** Undefined when somebody else is inside. Otherwise call the result to leave. */
  enter(): (() => void) | undefined {
    const system = syscalls();
    if (system === undefined) throw new Error('the witness needs koffi');
    const fd = openSync(this.#file, 'a');
    // The kernel gives the locks of a killed process back one by one, ours maybe last.
    while (!system.flock(fd)) {
      if (isEnding(this.glance()?.pid ?? 0)) continue;
      closeSync(fd);
      return undefined;
    }
    return () => closeSync(fd);
  }

  /** For whoever is inside: nobody else writes it then, so what cannot be read is an error. */
  read(): Ledger {
    return JSON.parse(readFileSync(this.#ledger, 'utf8')) as Ledger;
  }

  /** For all others, who may come in the middle of a change. */
  glance(): Ledger | undefined {
    try {
      return this.read();
    } catch {
      return undefined;
    }
  }

  /** In place: it fits into one write(2), which a SIGKILL does not cut in two. */
  write(ledger: Ledger): void {
    writeFileSync(this.#ledger, `${JSON.stringify(ledger)}${' '.repeat(40)}\n`, { flag: 'r+' });
  }

  /** Before the first one enters. */
  begin(): void {
    writeFileSync(this.#ledger, `${JSON.stringify(NOTHING)}\n`);
  }
}

/** Whether the kernel is taking a process apart: all its threads have PF_EXITING. */
export function isEnding(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]) & 4) !== 0;
    });
  } catch {
    return true; // it is gone
  }
}

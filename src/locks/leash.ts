import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { byteOfSession, NAMESPACE_FILE } from '../host/remains.js';
import { type Syscalls, syscalls } from '../host/syscalls.js';
import { FIRST_INHERITED } from '../tables/locks.js';

/**
 * What ties a command to this process, which runs it under a lock: if we are killed, the kernel kills its process group,
 * and until the last process of it is gone the lock stays taken. See native/leash.h.
 *
 * ```ts
 * const leash = Leash.make(held);
 * const [program, ...rest] = leash.held(argv);
 * const child = spawn(program, rest, { detached: true, stdio: leash.stdio() });
 * leash.tie(child);
 * ...
 * leash.takeOff(); // the command has ended
 * ```
 *
 * The command waits, as a shell, until it is tied, and ends if it never is because we are killed just then. Where the system
 * calls cannot be reached, none of this is done.
 */
export class Leash {
  readonly #system: Syscalls | undefined;
  readonly #helper: number;
  readonly #lock: number | undefined;
  readonly #mark: number | undefined;
  readonly #pipe: readonly [number, number] | undefined;

  private constructor(system: Syscalls | undefined, helper: number, lock: number | undefined) {
    this.#system = system;
    this.#helper = helper;
    this.#lock = lock;
    this.#pipe = system?.pipe();
    this.#mark = openMark(system);
  }

  /** @param lock the descriptor of a lock of the kernel, for the command to have it open, too */
  static make(lock: number | undefined): Leash {
    return new Leash(syscalls(), process.pid, lock);
  }

  /** The command that waits until it is tied. It must be one that can be started: the shell would say it otherwise. */
  held(argv: readonly [string, ...string[]]): readonly [string, ...string[]] {
    return this.#mark === undefined ? argv : ['/bin/sh', '-c', GATE, 'sh', ...argv];
  }

  /** For spawn(): our standard input, output and error, the gate, and what the command inherits. */
  stdio(): ('inherit' | 'ignore' | 'pipe' | number)[] {
    const standard = ['inherit', 'inherit', 'inherit'] as const;
    if (this.#mark === undefined) return [...standard];
    const inherited = [this.#pipe?.[0], this.#mark, this.#lock].filter((fd) => fd !== undefined);
    return [
      ...standard,
      'pipe',
      ...Array<'ignore'>(FIRST_INHERITED - standard.length - 1).fill('ignore'),
      ...inherited,
    ];
  }

  /** Ties the command, and lets it go on. */
  tie({ pid, stdio }: ChildProcess): void {
    if (this.#mark === undefined || pid === undefined) return;
    if (this.#pipe !== undefined) this.#system?.killOnHangUp(this.#pipe[0], pid);
    this.#system?.shareByte(this.#mark, byteOfSession(this.#helper, pid));
    const gate = stdio[GATE_NUMBER];
    if (gate === null || gate === undefined || !('end' in gate)) return;
    gate.on('error', () => undefined); // it has been killed already, which its end tells
    gate.end('\n');
  }

  /** What the command has left on purpose goes on, and holds nothing. */
  takeOff(): void {
    if (this.#pipe !== undefined) {
      this.#system?.forgetHangUp(this.#pipe[0]);
      for (const fd of this.#pipe) closeSync(fd);
    }
    if (this.#mark !== undefined) {
      this.#system?.unlock('fcntl', this.#mark);
      closeSync(this.#mark);
    }
  }
}

const GATE_NUMBER = 3;
const GATE = `read -r stagelock <&${GATE_NUMBER} || exit 1; exec ${GATE_NUMBER}<&-; exec "$@"`;

function openMark(system: Syscalls | undefined): number | undefined {
  if (system === undefined) return undefined;
  try {
    return openSync(NAMESPACE_FILE, 'r');
  } catch {
    return undefined; // /proc is not mounted
  }
}

import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { errorCode } from '../host/error-code.js';
import { processOf } from '../host/process-table.js';

/** A process, uniquely: its pid may be reused, its pid together with its start time never is. */
export interface ExactProcess {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
}

export type SignalResult =
  | 'sent'
  /** It has ended; nothing was signalled. */
  | 'gone'
  /** It is another user's. */
  | 'not-permitted';

/**
 * Sends a signal to this process and to no other one. Through a pidfd, which keeps naming the process that it was opened
 * for, where the kernel has them (Linux 5.3) and koffi can be loaded; elsewhere the start is compared right before
 * kill(2), which leaves some microseconds in which the process would have to end and its number to come round.
 *
 * @throws the system's error, for one that cannot be foreseen
 */
export function signalExactly(target: ExactProcess, signal: 'SIGTERM' | 'SIGKILL' | 'SIGCONT'): SignalResult {
  const open = pidfds();
  const fd = open?.open(target.pid);
  try {
    if (processOf(target.pid)?.startTicks !== target.startTicks) return 'gone';
    const result = fd === undefined ? undefined : open?.signal(fd, NUMBERS[signal]);
    if (result !== undefined) return result;
    process.kill(target.pid, signal);
    return 'sent';
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'gone';
    if (errorCode(error) === 'EPERM') return 'not-permitted';
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The same on every architecture that Node runs on but MIPS and Alpha, which it does not. */
const NUMBERS = { SIGTERM: 15, SIGKILL: 9, SIGCONT: 18 } as const;
/** System calls since 5.1 have one number on all architectures. */
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

interface Pidfds {
  /** Undefined when there is no such process, or the kernel knows no pidfds. */
  open(pid: number): number | undefined;
  /** Undefined when it could not be sent in this way. */
  signal(fd: number, signal: number): 'sent' | 'gone' | undefined;
}

let loaded: Pidfds | undefined | null = null;

function pidfds(): Pidfds | undefined {
  if (loaded === null) loaded = load();
  return loaded;
}

function load(): Pidfds | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default;
    const call = koffi.load(null).func('syscall', 'long', ['long', '...']);
    const { ESRCH } = koffi.os.errno;
    return {
      open: (pid) => {
        const fd = Number(call(SYS_PIDFD_OPEN, 'int', pid, 'uint', 0));
        return fd < 0 ? undefined : fd;
      },
      signal: (fd, signal) => {
        if (Number(call(SYS_PIDFD_SEND_SIGNAL, 'int', fd, 'int', signal, 'void *', null, 'uint', 0)) === 0)
          return 'sent';
        // Whatever else it is, for example a container's filter of system calls, kill(2) tells.
        return koffi.errno() === ESRCH ? 'gone' : undefined;
      },
    };
  } catch {
    return undefined; // no koffi for this machine
  }
}

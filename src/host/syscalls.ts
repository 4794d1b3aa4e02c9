import { createRequire } from 'node:module';

/**
 * The few system calls that Node does not offer, through koffi. koffi is loaded at the first call, because it costs
 * some milliseconds that most runs need not spend, and everything works without it: each caller has another way.
 */
export interface Syscalls {
  /**
   * flock(2) without waiting. True when the lock is ours now, false when another process holds it.
   *
   * @param kind exclusive by default
   */
  flock(fd: number, kind?: LockKind): boolean;
  /**
   * fcntl(2) F_OFD_SETLK from that byte to the end of all files, without waiting. True when the lock is ours now.
   *
   * @param first 0 by default
   * @param kind exclusive by default
   */
  fcntl(fd: number, first?: bigint, kind?: LockKind): boolean;
  /** Gives back what the open file has locked, also for those who have inherited the descriptor. */
  unlock(strategy: 'flock' | 'fcntl', fd: number): void;
  /** A shared lock of the open file on one byte, which may be read only. */
  shareByte(fd: number, byte: number): void;
  /** A lock of the open file on some bytes, without waiting. True when it is ours now. */
  lockBytes(fd: number, kind: LockKind, first: bigint, length: bigint): boolean;
  /** The first byte of some exclusive lock that another open file has among some bytes; undefined when there is none. */
  lockedAmong(fd: number, first: bigint, length: bigint): bigint | undefined;
  /** pipe2(2), not inherited by programs that are started: the end to read from, the end to write to. */
  pipe(): readonly [number, number] | undefined;
  /** Has the kernel kill a process group when the other end of a pipe is closed, as long as this end is open anywhere. */
  killOnHangUp(fd: number, group: number): void;
  forgetHangUp(fd: number): void;
  /** renameat2(2) with RENAME_NOREPLACE. */
  renameExclusively(from: string, to: string): 'renamed' | 'exists' | 'unsupported';
}

/** Of shared locks there may be many at once, of exclusive ones there is one and no shared one. */
export type LockKind = 'shared' | 'exclusive';

const LOCK_SH_NB = 1 | 4;
const LOCK_EX_NB = 2 | 4;
const LOCK_UN = 8;
const F_SETFL = 4;
const F_SETOWN = 8;
const F_SETSIG = 10;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** These numbers are the same on all architectures that are let in below. */
const O_ASYNC = 0o20000;
const O_CLOEXEC = 0o2000000;
const SIGKILL = 9;
const SEEK_SET = 0;
const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;

let loaded: Syscalls | undefined | null = null;

/** The system calls, or undefined where koffi or the C library cannot be loaded. */
export function syscalls(): Syscalls | undefined {
  if (loaded === null) loaded = load();
  return loaded;
}

type Koffi = typeof import('koffi').default;

function load(): Syscalls | undefined {
  // The 64-bit Linux layout of struct flock is the only one described below.
  if (
    process.platform !== 'linux' ||
    !['x64', 'arm64', 'riscv64', 'ppc64', 'loong64', 's390x'].includes(process.arch)
  ) {
    return undefined;
  }
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi;
  } catch {
    return undefined;
  }
  try {
    // The process itself has the C library loaded, whatever its file is called (glibc, musl).
    const library = koffi.load(null);
    return bind(koffi, library);
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi, library: ReturnType<Koffi['load']>): Syscalls {
  const record = koffi.struct({
    l_type: 'short',
    l_whence: 'short',
    l_start: 'int64',
    l_len: 'int64',
    l_pid: 'int',
  });
  const flock = library.func('flock', 'int', ['int', 'int']);
  const fcntl = library.func('fcntl', 'int', ['int', 'int', '...']);
  const pipe2 = library.func('int pipe2(_Out_ int *ends, int flags)');
  const pointer = koffi.pointer(record);
  const lockOfFile = (fd: number, type: number, first: number | bigint, length: number | bigint): number =>
    fcntl(fd, F_OFD_SETLK, pointer, { l_type: type, l_whence: SEEK_SET, l_start: first, l_len: length, l_pid: 0 });
  let renameat2: ReturnType<typeof library.func> | undefined;
  try {
    renameat2 = library.func('renameat2', 'int', ['int', 'str', 'int', 'str', 'uint']);
  } catch {
    renameat2 = undefined; // a C library older than the system call
  }
  const { EAGAIN, EACCES, EINTR, EEXIST, EINVAL, ENOSYS, EOPNOTSUPP } = koffi.os.errno;

  const locked = (call: string, result: number): boolean => {
    if (result === 0) return true;
    const errno = koffi.errno();
    if (errno === EAGAIN || errno === EACCES || errno === EINTR) return false;
    throw systemError(koffi, call, errno);
  };

  return {
    flock: (fd, kind) => locked('flock', flock(fd, kind === 'shared' ? LOCK_SH_NB : LOCK_EX_NB)),
    fcntl: (fd, first = 0n, kind = 'exclusive') =>
      locked('fcntl', lockOfFile(fd, kind === 'shared' ? F_RDLCK : F_WRLCK, first, 0)),
    unlock: (strategy, fd) => {
      if (strategy === 'flock') flock(fd, LOCK_UN);
      else lockOfFile(fd, F_UNLCK, 0, 0);
    },
    shareByte: (fd, byte) => {
      lockOfFile(fd, F_RDLCK, byte, 1);
    },
    lockBytes: (fd, kind, first, length) =>
      locked('fcntl', lockOfFile(fd, kind === 'shared' ? F_RDLCK : F_WRLCK, first, length)),
    lockedAmong: (fd, first, length) => {
      const range = { l_type: F_RDLCK, l_whence: SEEK_SET, l_start: first, l_len: length, l_pid: 0 };
      if (fcntl(fd, F_OFD_GETLK, koffi.inout(pointer), range) !== 0) throw systemError(koffi, 'fcntl', koffi.errno());
      return range.l_type === F_UNLCK ? undefined : BigInt(range.l_start);
    },
    pipe: () => {
      const ends = [-1, -1];
      return pipe2(ends, O_CLOEXEC) === 0 ? [Number(ends[0]), Number(ends[1])] : undefined;
    },
    killOnHangUp: (fd, group) => {
      fcntl(fd, F_SETOWN, 'int', -group);
      fcntl(fd, F_SETSIG, 'int', SIGKILL);
      fcntl(fd, F_SETFL, 'int', O_ASYNC);
    },
    forgetHangUp: (fd) => {
      fcntl(fd, F_SETFL, 'int', 0);
    },
    renameExclusively: (from, to) => {
      if (renameat2 === undefined) return 'unsupported';
      if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) === 0) return 'renamed';
      const errno = koffi.errno();
      if (errno === EEXIST) return 'exists';
      if (errno === EINVAL || errno === ENOSYS || errno === EOPNOTSUPP) return 'unsupported';
      throw systemError(koffi, 'renameat2', errno);
    },
  };
}

/** An error of the shape that Node's own file functions throw, so that callers need to know only one. */
function systemError(koffi: Koffi, syscall: string, errno: number): NodeJS.ErrnoException {
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -errno, syscall });
}

import { createRequire } from 'node:module';

/**
 * The few system calls that Node does not offer, through koffi. koffi is loaded at the first call, because it costs
 * some milliseconds that most runs need not spend, and everything works without it: each caller has another way.
 */
export interface Syscalls {
  /** flock(2) without waiting. True when the lock is ours now, false when somebody else has it. */
  flock(fd: number): boolean;
  /** fcntl(2) F_OFD_SETLK over the whole file, without waiting. True when the lock is ours now. */
  fcntl(fd: number): boolean;
  /** renameat2(2) with RENAME_NOREPLACE. */
  renameExclusively(from: string, to: string): 'renamed' | 'exists' | 'unsupported';
}

const LOCK_EX_NB = 2 | 4;
const F_OFD_SETLK = 37;
const F_WRLCK = 1;
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
  const pointer = koffi.pointer(record);
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
    flock: (fd) => locked('flock', flock(fd, LOCK_EX_NB)),
    fcntl: (fd) => {
      const whole = { l_type: F_WRLCK, l_whence: SEEK_SET, l_start: 0, l_len: 0, l_pid: 0 };
      return locked('fcntl', fcntl(fd, F_OFD_SETLK, pointer, whole));
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

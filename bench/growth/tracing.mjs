// Which system calls are counted, and what strace says of them.
import { readFileSync } from 'node:fs';

/** Those of the threads of Node and of waiting are left out: how many there are depends on who ran when. */
const TRACED =
  'trace=%file,getdents64,read,pread64,write,pwrite64,fsync,fdatasync,fcntl,flock,fstat,lseek,execve,clone,clone3,vfork';

/** The arguments of strace, but for the program that it traces or `-p PID`. */
export const straceInto = (file) => ['-f', '--seccomp-bpf', '-qq', '-c', '-o', file, '-e', TRACED];

/** How many calls it has counted. */
export function countIn(file) {
  const text = readFileSync(file, 'utf8');
  if (text.trim() === '') return 0;
  const total = /^\s*100\.00\s+\S+\s+(?:\S+\s+)??(\d+)\s+(?:\d+\s+)?total$/m.exec(text);
  if (total === null) throw new Error(`strace has not counted: ${text.slice(-500)}`);
  return Number(total[1]);
}

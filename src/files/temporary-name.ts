import { createHash, randomBytes } from 'node:crypto';
import { type Host, thisHost } from '../host/host.js';

/*
 * The name of a file that is needed for an instant: `.PID.RANDOM.tmp`. RANDOM is 16 hexadecimal digits, of which the first
 * eight tell the host, so that its processes know which of them are theirs to remove.
 */

/** Also of a lock that was moved away to be removed. */
const NAME = /^(?:.*\.(?:lockdir|lock\.excl|lock\.pid|pid))?\.([1-9]\d{0,9})\.([0-9a-f]{8})[0-9a-f]{8}\.tmp$/;

/** A name that no other process uses. Begins with a dot, so that it never looks like one more `running.<secondary>`. */
export function temporaryName(host: Pick<Host, 'name' | 'pid'> = thisHost()): string {
  return `.${host.pid}.${markOf(host.name)}${randomBytes(4).toString('hex')}.tmp`;
}

/** The process that made a temporary, by its name. */
export interface TemporaryMaker {
  readonly pid: number;
  /** Whether this was a process of the given host. Older versions did not say, so that for them it is false. */
  readonly isOfHost: boolean;
}

/** Undefined for a name that is none of a temporary. */
export function makerOf(name: string, host: Pick<Host, 'name'>): TemporaryMaker | undefined {
  const [, pid, mark] = NAME.exec(name) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), isOfHost: mark === markOf(host.name) };
}

const marks = new Map<string, string>();

function markOf(host: string): string {
  let mark = marks.get(host);
  if (mark === undefined) {
    mark = createHash('sha256').update(host).digest('hex').slice(0, 8);
    marks.set(host, mark);
  }
  return mark;
}

import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { readPart } from '../files/file-part.js';
import { errorCode } from '../host/error-code.js';
import { errorText } from '../text/error-text.js';
import { shellWord } from '../text/shell-word.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants;

/** Tokens are short; a longer file is something else. */
const LONGEST = 64 * 1024;

/** What a file with a token or a password gave. */
export type SecretFile =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** Unreadable for this user, who may not be the one who runs builds. */
  | { readonly kind: 'forbidden'; readonly why: string }
  /** Not used: others know it or have made it, or it cannot be a secret at all. */
  | (Exposure & { readonly kind: 'refused' });

/** Why a file is no place for a secret. */
export interface Exposure {
  /** In one line, with its path. */
  readonly why: string;
  /** The command that fixes it, if one does. */
  readonly remedy?: string;
}

/** What the system says of a file. */
export interface SecretStat {
  readonly uid: number;
  /** With the bits of its type. */
  readonly mode: number;
}

/**
 * Reads a file that holds a secret. Symbolic links are followed, since Kubernetes and people have secrets behind them: what
 * they lead to counts. A FIFO, a device or a directory is refused without waiting for it.
 *
 * @param us our effective user id
 */
export function readSecretFile(path: string, us: number): SecretFile {
  let fd: number | undefined;
  try {
    // Opening a device may do something; what is swapped in between is seen below.
    if (!statSync(path).isFile()) return noFile(path);
    fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return noFile(path);
    const exposure = exposureOf(path, stat, us);
    if (exposure !== undefined) return { kind: 'refused', ...exposure };
    const bytes = readPart(fd, 0, LONGEST + 1);
    if (bytes.length > LONGEST) return { kind: 'refused', why: `${path} is longer than ${LONGEST} bytes` };
    return { kind: 'text', text: bytes.toString('utf8') };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return { kind: 'missing' };
    const why = errorText(error);
    return code === 'EACCES' || code === 'EPERM' ? { kind: 'forbidden', why } : { kind: 'refused', why };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Who else could know a secret, or have chosen it. Like ssh with its keys: only its owner may read it, and that is us. A file of
 * root's may also be readable by a group, at most 0640: so the credentials of systemd, secrets of Kubernetes with an
 * `fsGroup` and what an administrator keeps for a service come.
 */
export function exposureOf(path: string, { uid, mode }: SecretStat, us: number): Exposure | undefined {
  const word = shellWord(path);
  if (uid !== us && uid !== 0) {
    const why = `${path} belongs to user ${uid}, neither to user ${us}, who runs stagelock, nor to root`;
    return { why, remedy: `chown ${us} ${word} && chmod 600 ${word}` };
  }
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return undefined;
  const who = (mode & 0o007) === 0 ? 'its group' : 'all users';
  const octal = (mode & 0o7777).toString(8).padStart(3, '0');
  const does = (mode & 0o044) === 0 ? 'is open to' : 'can be read by';
  return { why: `${path} ${does} ${who} (mode ${octal})`, remedy: `chmod ${uid === us ? 600 : 640} ${word}` };
}

function noFile(path: string): SecretFile {
  return { kind: 'refused', why: `${path} is not a regular file` };
}

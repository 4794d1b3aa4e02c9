import { execFileSync } from 'node:child_process';

/** A host as it calls itself. */
export interface NamedHost {
  /**
   * The host name, and in a PID namespace other than the host's first one (a container) also that namespace: a pid
   * means nothing outside its namespace. Older tools, which compare this field with their host name, thereby take a
   * container's lock for one of another host and leave it alone.
   */
  readonly name: string;
  /** The name by which the host finds itself; a look-up, so it is asked only when a record might mean this host by it. */
  readonly fullName?: () => string | undefined;
}

/**
 * Whether the host that an owner record names is this one. Some tools record the full name (`socket.getfqdn()`), some what
 * the kernel calls the host, which may be the short one.
 *
 * Anything but our own name is another host's until this host says that it is its own: `node1.a` and `node1.b` may both be
 * called `node1`.
 */
export function isThisHost(recorded: string, host: NamedHost): boolean {
  if (recorded === host.name) return true;
  const [theirs, ours] = [recorded.toLowerCase(), host.name.toLowerCase()];
  // A full name says nothing of the PID namespace.
  if (ours.includes('/') || !(theirs.startsWith(`${ours}.`) || ours.startsWith(`${theirs}.`))) return false;
  // Every host may call itself that.
  if (theirs.startsWith('localhost')) return false;
  return host.fullName?.()?.toLowerCase() === theirs;
}

/** A look-up in DNS may hang; then the name is not known. */
const PATIENCE_MS = 2000;

let fullName: { readonly known: string | undefined } | undefined;

/**
 * The name by which this host finds itself, as hostname(1) tells it: the canonical name of its own address, usually the
 * full one. Looked up once; undefined where that fails.
 */
export function fullNameOfThisHost(): string | undefined {
  fullName ??= { known: lookUp() };
  return fullName.known;
}

function lookUp(): string | undefined {
  try {
    const text = execFileSync('hostname', ['-f'], {
      encoding: 'latin1',
      timeout: PATIENCE_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

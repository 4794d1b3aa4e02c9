/** What a helper asks the agent for: the lock of a target. */
export interface AgentRequest {
  readonly protocol: string;
  readonly pid: number;
  /** The directory that the helper was started in, for relative paths. */
  readonly directory: string;
  readonly target: string;
  /** For others that wait. */
  readonly command: string;
  /** Of the helper, as far as it matters. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Bytes; a helper sends a few thousand. */
export const LONGEST_REQUEST = 65_536;

/**
 * Reads a request: fields that each end with a NUL, as no path contains one, and an empty one at the end.
 *
 * @returns undefined when this is none
 */
export function parseRequest(text: string): AgentRequest | undefined {
  const [protocol, pid, directory, target, command, ...environment] = text.split('\0');
  if (protocol === undefined || !directory?.startsWith('/') || !target || command === undefined) return undefined;
  if (pid === undefined || !/^[1-9]\d{0,9}$/.test(pid)) return undefined;
  const variables = environment.flatMap((each) => {
    const at = each.indexOf('=');
    return at > 0 ? [[each.slice(0, at), each.slice(at + 1)] as const] : [];
  });
  return { protocol, pid: Number(pid), directory, target, command, environment: Object.fromEntries(variables) };
}

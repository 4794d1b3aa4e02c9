import { constants } from 'node:os';

/**
 * The code of a system error, for example `ENOENT`, or undefined for any other value.
 *
 * libuv has no name for some errors, of which ESTALE matters: what NFS answers for a file that another host has removed
 * comes out of Node as `Unknown system error -116`. The codes of our own errors are of lower case letters, and none of the
 * system's is.
 */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined && /^[a-z-]+$/.test(code)) return undefined;
  const nameless = /^Unknown system error -(\d+)$/.exec(code ?? '');
  if (nameless === null) return code;
  return Object.entries(constants.errno).find(([, number]) => number === Number(nameless[1]))?.[0] ?? code;
}

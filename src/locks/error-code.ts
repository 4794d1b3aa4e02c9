import { constants } from 'node:os';

/**
 * The code of a system error, for example `ENOENT`, or undefined for any other value.
 *
 * Node has no name for some errors of network file systems, ESTALE and EDQUOT among them: their code reads `Unknown
 * system error -116`. Those get the name that the system's headers have.
 */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return undefined;
  const number = /^Unknown system error -(\d+)$/.exec(error.code)?.[1];
  if (number === undefined) return error.code;
  return Object.entries(constants.errno).find(([, value]) => value === Number(number))?.[0] ?? error.code;
}

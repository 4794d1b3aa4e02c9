import { type Client, clientFailure, runClient, silentEnvironment } from '../client.js';
import type { ToolResult } from '../tool.js';
import type { Checkout } from '../version-control.js';

const CVS: Client = {
  program: 'cvs',
  environment: (base) => {
    const environment = silentEnvironment(base);
    // The checkout says itself where its repository is, and what stands in it.
    for (const name of ['CVSROOT', 'CVSREAD', 'CVSIGNORE', 'CVSWRAPPERS', 'CVS_CLIENT_LOG']) delete environment[name];
    return { TZ: 'UTC', ...environment };
  },
};

/** `-f`: without a user's `.cvsrc`, whose options would change what is written. */
const plainly = (args: readonly string[]): string[] => ['-f', ...args];

/**
 * Runs cvs in the checkout.
 *
 * @param onStdout gets standard output as it comes, where it may be longer than what is collected
 */
export function runCvs(
  checkout: Checkout,
  args: readonly string[],
  onStdout?: (chunk: Buffer) => void,
): Promise<ToolResult> {
  return runClient(CVS, checkout, plainly(args), { onStdout });
}

/** What to tell a person about a cvs command that did not succeed. */
export function cvsFailure(
  checkout: Checkout,
  args: readonly string[],
  result: Exclude<ToolResult, { kind: 'ok' }>,
): string {
  return clientFailure(CVS, checkout, plainly(args), result);
}

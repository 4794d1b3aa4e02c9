import { type Client, clientFailure, runClient, silentEnvironment, wholeOutput } from '../client.js';
import type { ToolResult } from '../tool.js';
import type { Checkout } from '../version-control.js';

/** HGPLAIN: whatever aliases, colours and templates a user has configured, the output is that of a plain hg. */
const HG: Client = {
  program: 'hg',
  environment: (base) => ({ ...silentEnvironment(base), HGPLAIN: '1', HGENCODING: 'UTF-8', HGMERGE: 'internal:fail' }),
};

const silently = (args: readonly string[]): string[] => ['--noninteractive', ...args];

/** Runs hg in the checkout. */
export function runHg(checkout: Checkout, args: readonly string[]): Promise<ToolResult> {
  return runClient(HG, checkout, silently(args));
}

/** All that hg writes, however long. */
export function readHg(checkout: Checkout, args: readonly string[]): ReturnType<typeof wholeOutput> {
  return wholeOutput(HG, checkout, silently(args));
}

/** What to tell a person about an hg command that did not succeed. */
export function hgFailure(
  checkout: Checkout,
  args: readonly string[],
  result: Exclude<ToolResult, { kind: 'ok' }>,
): string {
  return clientFailure(HG, checkout, silently(args), result);
}

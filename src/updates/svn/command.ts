import { errorText } from '../../text/error-text.js';
import { readXml, type XmlListener } from '../../xml/events.js';
import { type Client, clientFailure, runClient, silentEnvironment, wholeOutput } from '../client.js';
import type { ToolResult } from '../tool.js';
import type { Checkout, Failed } from '../version-control.js';

const SVN: Client = { program: 'svn', environment: silentEnvironment };

/** Never asks for a password or a certificate, and never starts an editor or a merge tool. */
const silently = (args: readonly string[]): string[] => [...args, '--non-interactive'];

/**
 * Whatever a user's configuration says: files get the time at which they were written, so that make sees them change, and
 * svn itself brings local changes and news together.
 */
const PLAIN = ['--config-option', 'config:miscellany:use-commit-times=no'];

/** Runs svn in the checkout. */
export function runSvn(checkout: Checkout, args: readonly string[]): Promise<ToolResult> {
  return runClient(SVN, checkout, [...silently(args), ...PLAIN]);
}

/** Runs svn and reads the XML that it writes. */
export async function readSvn(
  checkout: Checkout,
  args: readonly string[],
  listener: XmlListener,
): Promise<{ readonly kind: 'read' } | Failed> {
  const output = await wholeOutput(SVN, checkout, silently(args));
  if (output.kind === 'failed') return output;
  try {
    readXml(output.bytes, listener);
    return { kind: 'read' };
  } catch (error) {
    const why = errorText(error);
    return { kind: 'failed', message: `cannot read what svn ${args[0]} wrote about ${checkout.source}: ${why}` };
  }
}

/** What to tell a person about an svn command that did not succeed. */
export function svnFailure(
  checkout: Checkout,
  args: readonly string[],
  result: Exclude<ToolResult, { kind: 'ok' }>,
): string {
  return clientFailure(SVN, checkout, silently(args), result);
}

import { commandText, runTool, type ToolResult } from './tool.js';
import type { Checkout } from './version-control.js';

/** The program of a version control system. */
export interface Client {
  /** As the PATH finds it. */
  readonly program: string;
  /** Makes an environment in which the program asks nothing and answers in English, since its words go into mails. */
  readonly environment: (base: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
}

/** What is put into a client, and taken from it. */
export interface Streams {
  /** Gets standard output as it comes, where it may be longer than what is collected. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
  /** Its standard input, if it reads one. */
  readonly input?: Buffer | undefined;
}

/**
 * Runs a client in the checkout.
 *
 * @param args values from outside must have been checked not to look like options
 */
export function runClient(
  { program, environment }: Client,
  checkout: Checkout,
  args: readonly string[],
  { onStdout, input }: Streams = {},
): Promise<ToolResult> {
  return runTool({
    argv: [checkout.client ?? program, ...args],
    directory: checkout.source,
    environment: environment(checkout.environment ?? process.env),
    timeoutMs: checkout.timeoutMs,
    graceMs: checkout.graceMs,
    signal: checkout.signal,
    log: checkout.log,
    onStdout,
    input,
  });
}

/** All that a client writes, however long; or what to tell a person. */
export async function wholeOutput(
  client: Client,
  checkout: Checkout,
  args: readonly string[],
): Promise<
  { readonly kind: 'output'; readonly bytes: Buffer } | { readonly kind: 'failed'; readonly message: string }
> {
  const chunks: Buffer[] = [];
  const result = await runClient(client, checkout, args, { onStdout: (chunk) => chunks.push(chunk) });
  if (result.kind !== 'ok') return { kind: 'failed', message: clientFailure(client, checkout, args, result) };
  return { kind: 'output', bytes: Buffer.concat(chunks) };
}

/** The environment of a client that has no switches of its own: no person is asked for a password, messages are English. */
export function silentEnvironment(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const environment = { ...base };
  delete environment['SSH_ASKPASS'];
  delete environment['DISPLAY'];
  environment['SSH_ASKPASS_REQUIRE'] = 'never';
  // Messages in English, but names and logs as they are.
  delete environment['LC_ALL'];
  delete environment['LANGUAGE'];
  environment['LC_MESSAGES'] = 'C';
  environment['LC_CTYPE'] = 'C.UTF-8';
  environment['LC_TIME'] = 'C';
  return environment;
}

/** Whether a command has ended by itself, so that what it did is over. */
export function endedByItself(result: ToolResult): boolean {
  return result.kind === 'ok' || (result.kind === 'failed' && result.signal === null);
}

/** Whether a command has not even begun. */
export function neverStarted(result: ToolResult): boolean {
  return result.kind === 'not-found' || (result.kind === 'aborted' && !result.started);
}

/** The lines of standard output. */
export function outputLines(result: ToolResult & { readonly kind: 'ok' }): string[] {
  return result.stdout.toString('utf8').replace(/\n$/, '').split('\n');
}

/** What to tell a person about a command that did not succeed, with the end of what it said. */
export function clientFailure(
  { program }: Client,
  checkout: Checkout,
  args: readonly string[],
  result: Exclude<ToolResult, { kind: 'ok' }>,
): string {
  if (result.kind === 'not-found') return result.message;
  const head = `${commandText([checkout.client ?? program, ...args])} in ${checkout.source} ${endText(result)}`;
  const said = result.stderr.trim().split('\n').slice(-10).join('\n');
  return said === '' ? head : `${head}:\n${said}`;
}

function endText(result: Exclude<ToolResult, { kind: 'ok' | 'not-found' }>): string {
  switch (result.kind) {
    case 'failed':
      return result.signal === null ? `failed with exit code ${result.code}` : `was ended by ${result.signal}`;
    case 'timed-out':
      return `did not end within ${result.afterMs / 1000} s and was ended`;
    case 'aborted':
      return result.started ? 'was ended on request' : 'was not started, because the run is being ended';
  }
}

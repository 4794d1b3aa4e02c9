import { type Client, clientFailure, runClient, silentEnvironment } from '../client.js';
import { decodeText } from '../text.js';
import type { ToolResult } from '../tool.js';
import type { Checkout, Failed } from '../version-control.js';
import { ownFilesAdvice } from './own-files.js';

/**
 * As plain as hg can be: no aliases, colours, defaults and templates of a user's, whatever HGPLAINEXCEPT wants back. Hooks
 * and extensions stay theirs: hooks may have to run, and what they print is told from what was asked for.
 */
const HG: Client = {
  program: 'hg',
  environment: (base) => {
    const environment: NodeJS.ProcessEnv = { ...silentEnvironment(base), HGPLAIN: '1', HGENCODING: 'UTF-8' };
    delete environment['HGPLAINEXCEPT'];
    delete environment['HGENCODINGMODE'];
    return { ...environment, HGMERGE: 'internal:fail' };
  },
};

/** What a monitor of the file system says of changed files is not believed. */
const silently = (args: readonly string[]): string[] => [
  '--noninteractive',
  '--config=extensions.fsmonitor=!',
  ...args,
];

/** Runs hg in the checkout. */
export function runHg(checkout: Checkout, args: readonly string[]): Promise<ToolResult> {
  return runClient(HG, checkout, silently(args));
}

/** What a command writes for each of the things that it lists: one field of bytes for each that was asked for. */
export type Row = readonly Buffer[];

export type Rows = { readonly kind: 'rows'; readonly rows: readonly Row[] } | Failed;

/**
 * Asks hg for a list, however long.
 *
 * @param fields templates of hg; what they make must hold no NUL
 */
export async function rowsOf(checkout: Checkout, args: readonly string[], fields: readonly string[]): Promise<Rows> {
  const chunks: Buffer[] = [];
  const asked = [...args, '-T', `\\0${fields.join('\\0')}\\0`];
  const result = await runClient(HG, checkout, silently(asked), { onStdout: (chunk) => chunks.push(chunk) });
  const bytes = Buffer.concat(chunks);
  if (result.kind === 'not-found') return { kind: 'failed', message: result.message };
  // What a hook has said before the list.
  const said = bytes.subarray(0, Math.max(0, bytes.indexOf(0)) || bytes.length);
  if (result.kind !== 'ok') return { kind: 'failed', message: hgFailure(checkout, asked, { ...result, stdout: said }) };
  const rows = rowsIn(bytes, fields.length);
  if (rows !== undefined) return { kind: 'rows', rows };
  return { kind: 'failed', message: `cannot read what hg ${args[0]} wrote in ${checkout.source}: it was cut off` };
}

/** Between the rows stands what hooks print. @returns undefined when the last row is not whole */
export function rowsIn(bytes: Buffer, width: number): Row[] | undefined {
  const parts: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  if (parts.length % (width + 1) !== 0) return undefined;
  const rows: Row[] = [];
  for (let at = 1; at < parts.length; at += width + 1) rows.push(parts.slice(at, at + width));
  return rows;
}

/** One field of each row as text. */
export function texts(rows: readonly Row[], field = 0): string[] {
  return rows.map((row) => decodeText(row[field] ?? Buffer.alloc(0)));
}

/** Whether a revision is in the repository. */
export async function knows(checkout: Checkout, revision: string): Promise<boolean | Failed> {
  const found = await rowsOf(checkout, ['log', '-r', `id(${revision})`], ['{node}']);
  return found.kind === 'failed' ? found : found.rows.length > 0;
}

/** What to tell a person about an hg command that did not succeed: hg gives some of its reasons on standard output. */
export function hgFailure(
  checkout: Checkout,
  args: readonly string[],
  result: Exclude<ToolResult, { kind: 'ok' }>,
): string {
  if (result.kind === 'not-found') return result.message;
  const said = [decodeText(result.stdout), result.stderr]
    .flatMap((text) => text.split('\n'))
    .map((line) => line.trim());
  const stderr = said.filter((line) => line !== '').join('\n');
  const message = clientFailure(HG, checkout, silently(args), { ...result, stderr });
  return [message, ...ownFilesAdvice(checkout, stderr)].join('\n');
}

import { shown } from '../text/shown.js';
import type {
  BrokenMove,
  Checkout,
  Failed,
  Fault,
  LocalChanges,
  RepairResult,
  RevisionResult,
  VersionControl,
} from './version-control.js';

/** The most files that a message names. */
const NAMED = 10;

/**
 * Whether a tree that a broken update left is still a revision: the client ended before it touched anything, or
 * had finished. Changes nothing.
 *
 * @param system what is checked out, and in what the tree differs from it
 */
export async function proveWhole(
  system: Pick<VersionControl, 'currentRevision' | 'localChanges'>,
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const head = await system.currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const local = await system.localChanges(checkout);
  return judgeTree(checkout.source, head, local, broken);
}

/**
 * Decides it: the tree differs from its revision only where a person had changed it before the update began. What differs
 * besides may be the update's doing or a person's since; nothing tells which.
 */
function judgeTree(
  source: string,
  head: Exclude<RevisionResult, Failed>,
  local: LocalChanges | Failed,
  broken: BrokenMove,
): RepairResult {
  if (local.kind === 'failed') return local;
  if (head.strayed !== undefined) return { kind: 'refused', message: `${source}: ${head.strayed}` };
  if (local.conflicting.length > 0) {
    return { kind: 'refused', message: `${source} has conflicts in ${listed(local.conflicting)}` };
  }
  const before = new Set(broken.local);
  const unexplained = local.modified.filter((path) => !before.has(path));
  if (unexplained.length === 0) return { kind: 'whole', revision: head.revision };
  const message = `${source} differs from ${head.revision} in ${listed(unexplained)}`;
  return { kind: 'refused', message };
}

/** Some names of files for a message, and how many there are. */
export function listed(paths: readonly string[]): string {
  const named = paths.slice(0, NAMED).join(', ');
  return paths.length > NAMED ? `${named}, … (${paths.length} files)` : named;
}

/** What is wrong with a tree, each fault with its files. */
export function describeFaults(faults: readonly Fault[]): string[] {
  return faults.map(({ what, paths }) => (paths.length === 0 ? what : `${what} ${listed(paths)}`));
}

/** A message with commands for a person to copy below it, indented by two blanks. */
export function withCommands(message: string, commands: readonly string[]): string {
  return [message, ...commands.map((command) => `  ${command}`)].join('\n');
}

/** Commands for a person to copy, below what they do. Nothing where there are none. */
export function toCopy(what: string, commands: readonly string[]): string[] {
  return commands.length === 0 ? [] : [withCommands(what, commands)];
}

/**
 * What to tell a person of a tree that is not a revision: what is wrong, and what ends it, in lines that are indented by two
 * blanks and can be copied.
 */
export function explainFaults(source: string, revision: string, faults: readonly Fault[]): string {
  const commands = [...new Set(faults.flatMap(({ advice }) => advice))];
  return [
    `${shown(source)} does not match ${shown(revision, 80)}:`,
    ...describeFaults(faults),
    ...toCopy('To put that right:', commands),
  ].join('\n');
}

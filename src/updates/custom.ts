import { isDeepStrictEqual } from 'node:util';
import { outputLines } from './client.js';
import { runGit } from './git/command.js';
import { interruptionIn } from './interruption.js';
import { listed, proveWhole } from './proof.js';
import type { SystemName } from './record.js';
import { commandText, runTool, type ToolResult } from './tool.js';
import type {
  BrokenMove,
  Checkout,
  Failed,
  LocalChanges,
  MoveResult,
  RepairResult,
  RevisionResult,
  VersionControl,
} from './version-control.js';

/**
 * A version control system whose tree is moved by a command of the user's, as by CTest's `GITUpdateCustom`: a script that
 * checks out more than one repository, or asks a mirror. What has come is still read from the system.
 *
 * The command runs in the source tree in every run, since only it knows whether there is news. One that fails is taken at
 * its word only when the tree is what it was.
 */
export function withCommand(system: VersionControl, command: readonly [string, ...string[]]): VersionControl {
  return {
    ...system,
    command: commandText(command),
    async fetch(checkout) {
      const head = await system.currentRevision(checkout);
      if (head.kind === 'failed') return head;
      return { kind: 'fetched', head: head.revision, target: undefined, news: true };
    },
    async move(checkout, _, begin) {
      const before = await lookAt(system, checkout);
      begin?.(before[1]);
      const result = await run(command, checkout);
      if (result.kind === 'ok') return proveMoved(system, command, checkout);
      return judge(result, command, checkout, before, await lookAt(system, checkout));
    },
    repair: (checkout, broken) => repair(system, command, checkout, broken),
  };
}

function run(argv: readonly [string, ...string[]], checkout: Checkout): Promise<ToolResult> {
  const { source, environment = process.env, timeoutMs, graceMs, signal, log } = checkout;
  return runTool({ argv, directory: source, environment, timeoutMs, graceMs, signal, log });
}

/** Whatever exit code a script has, it was not to leave conflicts, or a command of the system under way. */
async function proveMoved(system: VersionControl, command: readonly string[], checkout: Checkout): Promise<MoveResult> {
  const said = `${commandText(command)} in ${checkout.source} ended with exit code 0`;
  const interruption = await interruptionIn(system.type, checkout);
  if (interruption.kind === 'failed') return { kind: 'broken', message: interruption.message };
  if (interruption.what !== undefined) return { kind: 'broken', message: `${said}, but left ${interruption.what}` };
  const local = await system.localChanges(checkout);
  if (local.kind === 'failed') return { kind: 'broken', message: local.message };
  const { conflicting } = local;
  if (conflicting.length === 0) return { kind: 'moved' };
  return { kind: 'broken', message: `${said}, but left conflicts in ${listed(conflicting)}` };
}

/**
 * Has the system take back what a client of its own may have left in the middle of the command, and runs the command
 * again, as every run does: only it knows what belongs into the tree. Its success clears the tree when the tree then
 * differs from a revision in nothing but what a person had changed before. Killed here, the next call begins anew.
 */
async function repair(
  system: VersionControl,
  command: readonly [string, ...string[]],
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  // What this refuses, the command may yet put right, or the proof refuses it, too.
  for (const to of await possibleTargets(system.type, checkout)) {
    const before = await system.repair(checkout, { ...broken, to });
    if (before.kind === 'whole') break;
  }
  const result = await run(command, checkout);
  if (result.kind === 'not-found') return { kind: 'failed', message: result.message };
  if (result.kind !== 'ok') return { kind: 'failed', message: failureOf(result, command, checkout) };
  const moved = await proveMoved(system, command, checkout);
  if (moved.kind !== 'moved') return { kind: 'refused', message: moved.message };
  return proveWhole(system, checkout, broken);
}

/** Where a client within the command may have been going. A wrong guess does no harm: what is neither side's stays. */
async function possibleTargets(type: SystemName, checkout: Checkout): Promise<readonly (string | undefined)[]> {
  if (type !== 'git') return [undefined];
  const found: (string | undefined)[] = [undefined];
  for (const name of ['FETCH_HEAD^0', '@{upstream}^0']) {
    const result = await runGit(checkout, ['rev-parse', '--verify', '--quiet', name]);
    if (result.kind === 'ok') found.push(outputLines(result)[0]);
  }
  return [...new Set(found)];
}

type Look = readonly [RevisionResult, LocalChanges | Failed];

async function lookAt(system: VersionControl, checkout: Checkout): Promise<Look> {
  return [await system.currentRevision(checkout), await system.localChanges(checkout)];
}

function judge(
  result: Exclude<ToolResult, { kind: 'ok' }>,
  command: readonly string[],
  { source }: Checkout,
  before: Look,
  after: Look,
): MoveResult {
  if (result.kind === 'not-found') return { kind: 'refused', message: result.message };
  const message = failureOf(result, command, { source });
  const same = isDeepStrictEqual(before, after) && before.every(({ kind }) => kind !== 'failed');
  // One that was ended in its middle may have left anything.
  return result.kind === 'failed' && result.signal === null && same
    ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` }
    : { kind: 'broken', message: `${message}\n(the source tree may be half updated)` };
}

function failureOf(
  result: Exclude<ToolResult, { kind: 'ok' | 'not-found' }>,
  command: readonly string[],
  { source }: Pick<Checkout, 'source'>,
): string {
  const how =
    result.kind === 'failed'
      ? (result.signal ?? `exit code ${result.code}`)
      : result.kind === 'aborted'
        ? 'ended on request'
        : 'time limit exceeded';
  const said = result.stderr.trim().split('\n').slice(-10).join('\n');
  return `${commandText(command)} in ${source} failed (${how})${said === '' ? '' : `:\n${said}`}`;
}

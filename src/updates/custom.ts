import { isDeepStrictEqual } from 'node:util';
import { commandText, runTool, type ToolResult } from './tool.js';
import type { Checkout, Failed, LocalChanges, MoveResult, RevisionResult, VersionControl } from './version-control.js';

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
    async move(checkout) {
      const before = await lookAt(system, checkout);
      const result = await runTool({
        argv: command,
        directory: checkout.source,
        environment: checkout.environment ?? process.env,
        timeoutMs: checkout.timeoutMs,
        graceMs: checkout.graceMs,
        signal: checkout.signal,
        log: checkout.log,
      });
      if (result.kind === 'ok') return { kind: 'moved' };
      return judge(result, command, checkout, before, await lookAt(system, checkout));
    },
  };
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
  const how =
    result.kind === 'failed'
      ? (result.signal ?? `exit code ${result.code}`)
      : result.kind === 'aborted'
        ? 'on request'
        : 'time limit';
  const said = result.stderr.trim().split('\n').slice(-10).join('\n');
  const message = `${commandText(command)} in ${source} failed (${how})${said === '' ? '' : `:\n${said}`}`;
  const same = isDeepStrictEqual(before, after) && before.every(({ kind }) => kind !== 'failed');
  // One that was ended in its middle may have left anything.
  return result.kind === 'failed' && result.signal === null && same
    ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` }
    : { kind: 'broken', message: `${message}\n(the source tree may be half updated)` };
}

import type { HeldLocks } from './held-locks.js';
import type { StepResult } from './primary.js';
import type { RunContext } from './run-context.js';
import type { RunResult } from './run-result.js';
import type { FoundStageLock } from './stage-lock.js';
import { untilFree, type WaitResult } from './until-free.js';

interface Through {
  readonly temporary: string;
  readonly timeoutMs: number;
  readonly worthWaiting: (locks: readonly FoundStageLock[]) => boolean;
  readonly context: RunContext;
}

/** {@link untilFree}, reported. */
export async function waitThrough(attempt: () => Promise<StepResult>, through: Through): Promise<WaitResult> {
  const { context, temporary, timeoutMs, worthWaiting } = through;
  let began: number | undefined;
  const result = await untilFree(attempt, {
    temporary,
    timeoutMs,
    signal: context.signal,
    worthWaiting,
    onWait: (locks) => {
      began = performance.now();
      context.report({ kind: 'waiting', locks, timeoutMs });
    },
  });
  if (result.kind === 'done' && began !== undefined) {
    context.report({ kind: 'waited', ms: performance.now() - began });
  }
  return result;
}

/** How a run ends whose step of the protocol was not done. */
export function refusal(
  result: Exclude<StepResult | WaitResult, { readonly kind: 'done' }>,
  held: HeldLocks,
): RunResult {
  switch (result.kind) {
    case 'blocked':
    case 'held':
      return { kind: 'held', locks: result.locks };
    case 'timed-out':
      return { kind: 'wait-timed-out', locks: result.locks, waitedMs: result.waitedMs };
    case 'section-busy':
      return result;
    case 'aborted':
      held.stopHeartbeat();
      return { kind: 'interrupted', left: held.paths };
  }
}

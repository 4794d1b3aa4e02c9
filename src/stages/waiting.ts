import type { StepResult } from './protocol.js';
import { interrupted, type Run } from './run.js';
import type { RunResult } from './run-result.js';
import type { FoundStageLock } from './stage-lock.js';
import { type UntilChange, untilFree, type WaitResult } from './until-free.js';
import { WaitLedger } from './waits.js';

interface Through {
  /** Where the locks are that are waited for. */
  readonly temporary: string;
  readonly timeoutMs: number;
  readonly worthWaiting: (locks: readonly FoundStageLock[]) => boolean;
  readonly untilChange?: UntilChange;
}

/** {@link untilFree}, reported. */
export async function waitThrough(
  { context }: Run,
  attempt: () => Promise<StepResult>,
  { temporary, timeoutMs, worthWaiting, untilChange }: Through,
): Promise<WaitResult> {
  let began: number | undefined;
  const ledger = new WaitLedger();
  const result = await untilFree(attempt, {
    temporary,
    timeoutMs,
    signal: context.signal,
    worthWaiting,
    ...(untilChange !== undefined && { untilChange }),
    onLook: (locks) => {
      ledger.see(locks, performance.now());
      if (began !== undefined) return;
      began = performance.now();
      context.report({ kind: 'waiting', locks, timeoutMs });
    },
  });
  // Also of a run that gave up, or was asked to stop.
  if (began !== undefined) context.report({ kind: 'waits', waits: ledger.end(performance.now()) });
  if (result.kind === 'done' && began !== undefined) {
    context.report({ kind: 'waited', ms: performance.now() - began });
  }
  return result;
}

/** How a run ends whose step of the protocol was not done. */
export function refusal(result: Exclude<StepResult | WaitResult, { readonly kind: 'done' }>, run: Run): RunResult {
  switch (result.kind) {
    case 'blocked':
    case 'held':
      return { kind: 'held', locks: result.locks };
    case 'timed-out':
      return { kind: 'wait-timed-out', locks: result.locks, waitedMs: result.waitedMs };
    case 'section-busy':
      return result;
    case 'aborted':
      return interrupted(run);
  }
}

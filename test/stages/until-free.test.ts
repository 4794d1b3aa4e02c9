import { tmpdir } from 'node:os';
import { setImmediate as breathe } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { StepResult } from '../../src/stages/protocol.js';
import { untilFree } from '../../src/stages/until-free.js';

/** A directory that names a lock which is not there when it is looked at. */
function disagreement() {
  const seen = { attempts: 0 };
  const attempt = async (): Promise<StepResult> => {
    seen.attempts++;
    await breathe();
    return { kind: 'blocked', locks: [], paths: ['/primary/Testing/Temporary/running.gcc'] };
  };
  return { seen, attempt };
}

const waiting = { temporary: tmpdir(), worthWaiting: () => true, onLook: () => undefined };

test('a lock that its directory names and that is not there is waited for no longer than the limit, with pauses', async () => {
  const { seen, attempt } = disagreement();
  const result = await untilFree(attempt, { ...waiting, timeoutMs: 500 });
  expect(result).toMatchObject({ kind: 'timed-out', locks: [{ name: 'running.gcc', record: undefined }] });
  expect(seen.attempts).toBeLessThan(200);
}, 10_000);

test('and not after it was aborted', async () => {
  const { attempt } = disagreement();
  const result = await untilFree(attempt, { ...waiting, timeoutMs: 60_000, signal: AbortSignal.timeout(200) });
  expect(result).toEqual({ kind: 'aborted' });
}, 10_000);

test('one that has just gone is no reason to give up, although there is no time to wait', async () => {
  const { seen, attempt } = disagreement();
  const gone = async (): Promise<StepResult> => (seen.attempts < 3 ? await attempt() : { kind: 'done' });
  expect(await untilFree(gone, { ...waiting, timeoutMs: 0 })).toEqual({ kind: 'done' });
});

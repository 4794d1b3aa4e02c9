import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a condition, not for a time.
 *
 * @param what that is waited for, for the message of a wait that times out
 */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms for ${typeof what === 'string' ? what : what()}`);
    await sleep(10);
  }
}

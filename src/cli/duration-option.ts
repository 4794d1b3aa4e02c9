import { MAX_DURATION_MS, parseDuration } from '../config/duration.js';
import { formatDuration } from '../text/duration.js';
import { EXIT, Refusal } from './exit.js';

/**
 * The milliseconds that an option names. Plain numbers are seconds, as in the configuration and as flock(1) has them.
 *
 * @param option its name, for the message
 * @throws Refusal
 */
export function durationOf(option: string, text: string): number {
  const ms = parseDuration(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  if (ms === undefined) {
    throw new Refusal(EXIT.usage, `${option} ${text}: expected a duration such as 30, "90 s" or "1 h 30 min"`);
  }
  if (ms > MAX_DURATION_MS)
    throw new Refusal(EXIT.usage, `${option} ${text}: at most ${formatDuration(MAX_DURATION_MS)}`);
  return ms;
}

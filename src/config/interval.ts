import { parseCronExpression } from './cron-expression.js';
import { parseDuration } from './duration.js';

/** When a build is to run, as a crontab says it; or what is wrong with the text, for the person who typed it. */
export type Interval = { readonly schedule: string } | { readonly problem: string };

const EXAMPLES = 'a number of minutes, or a text such as "10 min", "2 h" or "1 d"';

/**
 * The schedule of an interval: `10` or `10 min`, `2 h`, `1 d`, or a schedule as it is. cron divides hours and days only evenly, so no other
 * interval is the same each time.
 */
export function scheduleOf(text: string): Interval {
  const answer = text.trim();
  if (answer.startsWith('@') || answer.split(/\s+/).length === 5) {
    const parsed = parseCronExpression(answer);
    return 'problem' in parsed ? { problem: `this is no schedule: ${parsed.problem}` } : { schedule: answer };
  }
  const ms = parseDuration(/^\d+$/.test(answer) ? `${answer} min` : answer);
  if (ms === undefined || ms === 0) return { problem: `expected ${EXAMPLES}, or the five fields of a crontab` };
  const minutes = ms / 60_000;
  if (!Number.isInteger(minutes)) return { problem: 'cron counts in whole minutes' };
  if (minutes === 24 * 60) return { schedule: '0 0 * * *' };
  if (minutes < 60) return 60 % minutes === 0 ? { schedule: every(minutes) } : uneven(minutes, 60, 'an hour', 1, 'min');
  const hours = minutes / 60;
  if (!Number.isInteger(hours) || 24 % hours !== 0) return uneven(minutes, 24 * 60, 'a day', 60, 'h');
  return { schedule: hours === 1 ? '0 * * * *' : `0 */${hours} * * *` };
}

function every(minutes: number): string {
  return minutes === 1 ? '* * * * *' : `*/${minutes} * * * *`;
}

/** Names the next interval that divides the whole. */
function uneven(minutes: number, whole: number, of: string, unit: number, name: string): Interval {
  const more = Array.from({ length: whole / unit }, (_, index) => (index + 1) * unit);
  const next = more.find((each) => each > minutes && whole % each === 0) ?? whole;
  return { problem: `cron divides ${of} evenly only: ${next / unit} ${name}, for example` };
}

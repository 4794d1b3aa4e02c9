import { shown } from './shown.js';

/**
 * A time for a person: local, with its zone, as in `2026-11-26 14:02 CET`. Programs get ISO 8601 in UTC. A text that is no time, as
 * a record of another user may hold, is shown as it is.
 */
export function momentText(time: Date | string | number): string {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return shown(String(time), 64);
  return `${localTime(moment).slice(0, MINUTE)} ${zoneOf(moment)}`;
}

const MINUTE = 'YYYY-MM-DD HH:MM'.length;

/** Local time to the second, for lines of a log: in the form that sorts. */
export function localTime(moment: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${String(moment.getFullYear()).padStart(4, '0')}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${date} ${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}

let made: { readonly zone: string | undefined; readonly all: readonly Intl.DateTimeFormat[] } | undefined;

/** Making one costs a hundred times what using it does. They keep the zone that they were made in. */
function formatters(): readonly Intl.DateTimeFormat[] {
  const zone = process.env['TZ'];
  if (made === undefined || made.zone !== zone) {
    const all = ['en-US', 'en-GB'].map((language) => new Intl.DateTimeFormat(language, { timeZoneName: 'short' }));
    made = { zone, all };
  }
  return made.all;
}

/** Each language has abbreviations for the zones of its own countries only, and `GMT+1` for others. */
function zoneOf(moment: Date): string {
  const names = formatters().map((formatter) => {
    const parts = formatter.formatToParts(moment);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => !/^GMT[+-]/.test(name)) ?? names[0] ?? '';
}

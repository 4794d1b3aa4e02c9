const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/;

/**
 * `20020131T112100000Z`, the form that times have in names.
 *
 * @param time milliseconds since 1970, or ISO 8601
 * @returns an empty text for one that has no such form, beyond the year 9999 say
 */
export function compactTime(time: number | string): string {
  const moment = new Date(time);
  const compact = Number.isNaN(moment.getTime()) ? '' : moment.toISOString().replaceAll(/[-:.]/g, '');
  return TIME.test(compact) ? compact : '';
}

/** The time that a name tells, as ISO 8601. @returns undefined when there is no such time */
export function isoTime(compact: string): string | undefined {
  const time = compact.replace(TIME, '$1-$2-$3T$4:$5:$6.$7Z');
  return Number.isNaN(Date.parse(time)) ? undefined : time;
}

// Which dimensions a check measures: a part of them by the day in UTC, so that a few days have all.
const PARTS = 7;
const DAY_MS = 86_400_000;

/** @param index of the dimension among all */
export const isOfDay = (index, now) => (index + Math.floor(now.getTime() / DAY_MS)) % PARTS === 0;

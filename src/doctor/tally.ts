import type { Attempt, Errors, HandOver, Race } from './finding.js';
import type { Section, Tasks } from './task.js';

/** The answers of several workers to one task, or the first failure. */
export function allOf<T>(attempts: readonly Attempt<T>[]): Attempt<{ readonly all: readonly T[] }> {
  const all: T[] = [];
  for (const attempt of attempts) {
    if (attempt.kind === 'failed') return attempt;
    all.push(attempt);
  }
  return { kind: 'done', all };
}

/** The errors of several workers together. */
export function errorsOf(each: readonly Errors[]): Errors {
  const all: Record<string, number> = {};
  for (const errors of each) {
    for (const [code, count] of Object.entries(errors)) all[code] = (all[code] ?? 0) + count;
  }
  return all;
}

/** Who made which of so many names. */
export function raceOf(replies: readonly Tasks['race']['reply'][], names: number): Race {
  const makers = new Array<number>(names).fill(0);
  for (const { won } of replies) for (const name of won) makers[name] = (makers[name] ?? 0) + 1;
  return {
    processes: replies.length,
    names,
    shared: makers.filter((count) => count > 1).length,
    unclaimed: makers.filter((count) => count === 0).length,
  };
}

/**
 * What became of a lock that several processes took in turn. All of them run on this host, whichever mount they use, so
 * their times can be compared: no lock has to witness what this lock is worth.
 */
export function handOverOf(replies: readonly Tasks['turns']['reply'][]): HandOver {
  const sections = replies
    .flatMap((reply, process) => reply.sections.map((section) => ({ ...section, process })))
    .sort((a, b) => a.fromMs - b.fromMs);
  const gaps = sections
    .slice(1)
    .flatMap((section, index) => gapBefore(section, sections[index]) ?? [])
    .sort((a, b) => a - b);
  return {
    processes: replies.length,
    sections: sections.length,
    overlaps: overlapsIn(sections),
    handOvers: gaps.length,
    medianMs: gaps[Math.floor(gaps.length / 2)] ?? 0,
    longestMs: gaps.at(-1) ?? 0,
    stuck: replies.filter((reply) => reply.stuckOn !== undefined).length,
    stuckOn: replies.find((reply) => reply.stuckOn !== undefined)?.stuckOn,
    lost: replies.reduce((sum, reply) => sum + reply.lost, 0),
  };
}

/** How many sections begin before an earlier one has ended; they are sorted by their beginnings. */
function overlapsIn(sections: readonly Section[]): number {
  let overlaps = 0;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of sections) {
    if (fromMs < lastEndMs) overlaps++;
    lastEndMs = Math.max(lastEndMs, toMs);
  }
  return overlaps;
}

type Turn = Section & { readonly process: number };

/** Undefined where nothing was handed over: the same process again, one that came later, or two at once. */
function gapBefore(turn: Turn, before: Turn | undefined): number | undefined {
  if (before === undefined || before.process === turn.process || turn.askedMs > before.toMs) return undefined;
  return turn.fromMs < before.toMs ? undefined : turn.fromMs - before.toMs;
}

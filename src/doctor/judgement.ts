import type { Attempt, Finding, HandOver, Race, Replacement, Sharing, Sight } from './finding.js';
import { SIGHT_LIMIT_MS, TURN_PATIENCE_MS } from './finding.js';

/** What a finding means. */
export interface Judgement {
  readonly outcome: 'ok' | 'problem' | 'not possible';
  /** For a line of the table; begins in lower case, no full stop. */
  readonly text: string;
  /** What a person has to know about a problem or peculiarity that decides no strategy: whole sentences. */
  readonly remark?: string;
  /** The problem is that two got in at once, the worst there is. */
  readonly together?: boolean;
}

/** Beyond this the clocks of client and server are worth a sentence. Locks measure the difference and allow for it. */
const CLOCK_TOLERANCE_MS = 2000;
/** Beyond this, builds fail that look for a file right after another host made it. */
const SIGHT_TOLERANCE_MS = 1000;
/** Slower than any server that is only busy. */
const RENAME_TOLERANCE_MS = 5000;
const STICKY = 0o1000;
const GROUP_WRITE = 0o020;

/** Decides what a finding means by itself; which strategy to use is decided from all of them together. */
export function judge(finding: Finding): Judgement {
  if (finding.result.kind === 'failed') return { outcome: 'not possible', text: finding.result.why };
  switch (finding.check) {
    case 'same directory':
      return judgeSame(finding.result);
    case 'exclusive create':
    case 'make directory':
      return judgeRace(finding.result);
    case 'rename over a file':
      return judgeReplacement(finding.result);
    case 'hard links':
      return { outcome: 'ok', text: finding.result.supported ? 'supported' : 'not supported; locks do not need them' };
    case 'clock of the server':
      return judgeClock(finding.result);
    case 'group and mode':
      return judgeSharing(finding.result);
    case 'sight of the other side':
      return judgeSight(finding.result, finding);
    case 'held lock':
      return finding.result.excludes
        ? { outcome: 'ok', text: 'refused to others while one process holds it' }
        : { outcome: 'problem', text: 'two processes hold it at once', together: true };
    case 'hand-over':
      return judgeHandOver(finding.result);
  }
}

type Done<T> = Extract<Attempt<T>, { readonly kind: 'done' }>;

function judgeSame({ seenMs }: Done<{ readonly seenMs: number | null }>): Judgement {
  return seenMs === null
    ? { outcome: 'problem', text: `a new file has not appeared on the other side within ${duration(SIGHT_LIMIT_MS)}` }
    : { outcome: 'ok', text: `a new file appears on the other side after ${duration(seenMs)}` };
}

function judgeRace({ processes, names, shared, unclaimed }: Race): Judgement {
  const who = `${processes} processes, ${names} names`;
  if (shared > 0) return { outcome: 'problem', text: `${who}; ${shared} were made by more than one`, together: true };
  if (unclaimed > 0)
    return { outcome: 'problem', text: `${who}; ${unclaimed} exist, but no process learned that it made them` };
  return { outcome: 'ok', text: `${who}, each made by exactly one` };
}

function judgeReplacement({ renames, refusals, longestMs, reads, missing, torn, errors }: Replacement): Judgement {
  const slow = longestMs > RENAME_TOLERANCE_MS;
  const what = `${renames} renames${slow ? `, one of which took ${duration(longestMs)}` : ''}, ${reads} reads`;
  const faults = [
    ...(missing > 0 ? [`${missing} found no file`] : []),
    ...(torn > 0 ? [`${torn} got part of one`] : []),
    ...Object.entries(errors).map(([code, count]) => `${count} failed (${code})`),
    ...Object.entries(refusals).map(([code, count]) => `${count} renames were refused (${code})`),
  ];
  if (faults.length === 0) {
    const text = `${what}, each got one whole file`;
    if (!slow) return { outcome: 'ok', text };
    const remark = 'A file is replaced very slowly here while others read it, so builds that share it will be slow.';
    return { outcome: 'problem', text, remark };
  }
  const remark =
    'While a product is replaced, a process that reads it at that moment may get an error or part of it: ' +
    'do not read products while they are being built.';
  return { outcome: 'problem', text: `${what}; ${faults.join(', ')}`, remark };
}

function judgeClock({ offsetMs }: Done<{ readonly offsetMs: number }>): Judgement {
  if (Math.abs(offsetMs) < 100) return { outcome: 'ok', text: 'the same as ours' };
  const text = `${duration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} ours`;
  if (Math.abs(offsetMs) < CLOCK_TOLERANCE_MS) return { outcome: 'ok', text };
  const remark = `The clock of the file server is ${text}. Locks allow for that, but make(1) does not: use NTP on both.`;
  return { outcome: 'problem', text, remark };
}

function judgeSharing({ directoryMode, directoryGroup, lockDirectoryMode, recordMode, lockGroup }: Sharing): Judgement {
  const text = `lock directories ${octal(lockDirectoryMode)}, files ${octal(recordMode)}, group ${lockGroup}`;
  if ((directoryMode & STICKY) !== 0) {
    const remark = `The directory has the sticky bit: only its owner can remove the stale lock of a dead process.`;
    return { outcome: 'problem', text: `${text}; the directory has the sticky bit`, remark };
  }
  if ((directoryMode & GROUP_WRITE) === 0) return { outcome: 'ok', text: `${text}; no group shares the directory` };
  if (lockGroup !== directoryGroup) {
    const remark = `Locks do not get the group ${directoryGroup} of the directory: run chmod g+s on it and on the directories below it.`;
    return { outcome: 'problem', text: `${text}, not ${directoryGroup} as the directory`, remark };
  }
  if ((lockDirectoryMode & recordMode & GROUP_WRITE) === 0) {
    const remark =
      'Another member of the group cannot remove a stale lock, because the file system or its mount options ' +
      '(file_mode, dir_mode, umask) keep the group from writing.';
    return { outcome: 'problem', text: `${text}; the group may not write`, remark };
  }
  return { outcome: 'ok', text: `${text} as the directory` };
}

function judgeSight(
  { creationMs, changeMs, removalMs }: Sight,
  { from, of }: { readonly from: string; readonly of: string },
): Judgement {
  const after = (ms: number | null): string =>
    ms === null ? `not within ${duration(SIGHT_LIMIT_MS)}` : `after ${duration(ms)}`;
  const text = [
    `${from} sees what ${of} makes ${after(creationMs)}`,
    ...(changeMs === undefined ? [] : [`changes ${after(changeMs)}`]),
    ...(removalMs === undefined ? [] : [`removes ${after(removalMs)}`]),
  ].join(', ');
  const late = [creationMs, changeMs, removalMs].some(
    (ms) => ms !== undefined && (ms === null || ms > SIGHT_TOLERANCE_MS),
  );
  if (!late) return { outcome: 'ok', text };
  const remark =
    'A process that looked for a file before it was made, or before it changed, may see the old state for a while ' +
    '(attribute cache: see actimeo and lookupcache in nfs(5), actimeo and cache in mount.cifs(8)). Locks do not ' +
    'depend on that.';
  return { outcome: 'ok', text, remark };
}

function judgeHandOver(turns: HandOver): Judgement {
  const { processes, sections, overlaps, handOvers, medianMs, longestMs, stuck, stuckOn, lost } = turns;
  const what = `${sections} times held by ${processes} processes`;
  const faults = [
    ...(overlaps > 0 ? [`${overlaps} times by two at once`] : []),
    ...(stuck > 0
      ? [`${stuck} of them then waited ${duration(TURN_PATIENCE_MS)} without acquiring it, while ${stuckOn} held it`]
      : []),
    ...(lost > 0 ? [`${lost} times it vanished meanwhile`] : []),
  ];
  if (faults.length > 0) return { outcome: 'problem', text: `${what}; ${faults.join(', ')}`, together: overlaps > 0 };
  if (handOvers === 0) return { outcome: 'problem', text: `${what}, but never handed over` };
  const speed = `handed over within ${duration(medianMs)}, at most ${duration(longestMs)}`;
  return { outcome: 'ok', text: `${what}, ${speed}` };
}

/** Of measurements, which deserve no more than two digits. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1000)} s`;
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(1))} s`;
  return ms < 1 ? '1 ms' : `${Math.round(ms)} ms`;
}

function octal(mode: number): string {
  return mode.toString(8);
}

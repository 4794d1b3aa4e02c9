import { decodeText } from '../text.js';

/** One revision of one file. */
export interface FileRevision {
  /** Its name in the repository, as the server writes it: `/path/module/a.c,v`. */
  readonly file: string;
  readonly revision: string;
  readonly author: string;
  /** As CVS and CTest write it: `2026-11-24 09:58:36 +0000`. */
  readonly date: string;
  readonly dead: boolean;
  /** The same for all files of one commit; absent with servers older than 1.12. */
  readonly commit: string | undefined;
  readonly log: string;
}

const SEPARATOR = '----------------------------';
const END = '=============================================================================';

/**
 * The revisions that `cvs log` wrote. A message may hold a line like those that separate revisions: only one before
 * `revision N` and one before the next file or the end count.
 */
export function readLog(bytes: Buffer): FileRevision[] {
  const lines = decodeText(bytes).split('\n');
  const revisions: FileRevision[] = [];
  let current = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const file = /^RCS file: (.*)$/.exec(line);
    if (file?.[1] !== undefined) current = file[1];
    const number = line === SEPARATOR ? /^revision ([0-9.]+)(?:\s|$)/.exec(lines[at + 1] ?? '') : null;
    if (number?.[1] === undefined) continue;
    const facts = lines[at + 2] ?? '';
    const messageAt = at + (/^branches:/.test(lines[at + 3] ?? '') ? 4 : 3);
    let end = messageAt;
    while (end < lines.length && !isEnd(lines, end)) end++;
    revisions.push({
      file: current,
      revision: number[1],
      author: fact(facts, 'author'),
      date: isoLike(fact(facts, 'date')),
      dead: fact(facts, 'state') === 'dead',
      commit: fact(facts, 'commitid') || undefined,
      log: lines
        .slice(messageAt, end)
        .map((text) => `${text}\n`)
        .join(''),
    });
    at = end - 1;
  }
  return revisions;
}

function isEnd(lines: readonly string[], at: number): boolean {
  if (lines[at] === SEPARATOR) return /^revision [0-9.]+(\s|$)/.test(lines[at + 1] ?? '');
  return lines[at] === END && (lines[at + 1] ?? '') === '';
}

const fact = (facts: string, name: string): string =>
  new RegExp(`(?:^|;)\\s*${name}:\\s*([^;]*)`).exec(facts)?.[1]?.trim() ?? '';

/** Servers before 1.12 write `2026/11/24 09:58:36`, in UTC. */
const isoLike = (date: string): string =>
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/.test(date) ? `${date.replaceAll('/', '-')} +0000` : date;

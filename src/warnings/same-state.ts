/*
 * What a person would call the same state, as text: when two texts are the same in this, the second one is no news. Whatever
 * is not taken out here tells them apart, so a new message is reported rather than swallowed.
 */

type Rule = readonly [what: RegExp, becomes: string];

const UNIT = '(?:d|h|min|s|ms|days?|hours?|minutes?|seconds?|milliseconds?|secs?|mins?)';
const COUNTED =
  '(?:bytes?|[kKMGT]i?B|lines?|files?|commits?|mails?|reports?|submissions?|updates?|records?|attempts?|times?|changesets?|revisions?|objects?)';

/** Times, durations and counts, as our own messages have them. */
const OURS: readonly Rule[] = [
  [
    /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC| GMT[+-]\d\d?(?::\d\d)?| [A-Z]{1,4}T\b| ?[+-]\d\d:?\d\d)?/g,
    '<time>',
  ],
  // Names of logs are made of the buildstamp.
  [/\b(Last[A-Z][\w-]*?_)\d{8}-\d{4}[\w.-]*?\.log\b/g, '$1<time>.log'],
  [/\b\d{8}-\d{4}(?=-[A-Z])/g, '<time>'],
  [new RegExp(String.raw`(?<![\w.])\d+(?:\.\d+)? ?${UNIT}\b(?: \d+(?:\.\d+)? ?${UNIT}\b)*`, 'g'), '<duration>'],
  [new RegExp(String.raw`(?<![\w.])\d+(?:[.,]\d+)* ?${COUNTED}\b`, 'g'), '<count>'],
];

/** What clients of version control systems and servers say differently each time, besides. */
const THEIRS: readonly Rule[] = [
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [\w ]{5,11} \d\d:\d\d:\d\d(?: \d{4})?(?: (?:GMT|UTC|[+-]\d{4}))?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, '<time>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<time>'],
  // Progress: `45% (5/11), 1.20 MiB | 3.00 MiB/s`
  [/\b\d+% ?(?:\(\d+\/\d+\))?/g, '<count>'],
  [/\(\d+\/\d+\)/g, '<count>'],
  [/\b[\d.]+ ?[KMGT]?i?B(?:\/s)?(?![\w])/g, '<count>'],
  [/\bdelta \d+\b/g, 'delta <count>'],
  // Others keep committing while the cause stays: hashes, and the numbers that Subversion and Mercurial count by.
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, '<revision>'],
  [/(?<![\w.-])r\d+\b/g, '<revision>'],
  [
    /\b([Rr]ev(?:ision)?(?: number)?:?|-r) ?"?\s*"?\d+(?:\.\d+)*(?::(?:\d+(?:\.\d+)*|<revision>|HEAD))?/g,
    '$1 <revision>',
  ],
  [/\b\d+:<revision>/g, '<revision>'],
  // One name may stand for many hosts, and the side that connects has another port each time.
  [/\b(by|from|to) \[?(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*(?::[0-9a-f]*){2,})\]?(?::\d+| port \d+)?/gi, '$1 <address>'],
  [/\b(pid|process|PID)( is|:)? ?'?\d+'?/g, '$1 <pid>'],
  [/\[\d+\](?=:)/g, '[<pid>]'],
  [/\b((?:request|correlation|trace|reference|incident)[- ]?id)[:= ]+[\w:.-]+/gi, '$1 <id>'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>'],
  // Temporary names: git's tmp_obj_a1B2c3 and tmp_objdir-incoming-…, ours, and what mktemp makes.
  [/\.\d+\.[0-9a-f]{8,}\.tmp\b/g, '.<temporary>'],
  [/\b(?:tmp|temp|incoming)[\w-]*[_.-](?=\w*[A-Z\d])\w{6,}/g, '<temporary>'],
  [/(\/(?:var\/)?tmp\/)[^\s/'":,;]*[._-]?[A-Za-z\d]{6,}(?=[\s'":,;/]|$)/g, '$1<temporary>'],
  [/\bobjects\/[0-9a-f]{2}(?:\/|\b)/g, 'objects/'],
];

/** The text without times, durations and counts. */
export function sameState(text: string): string {
  return applied(OURS, text);
}

/** What another program or a server said, also without the revisions, processes, addresses and temporary names that it names. */
export function sameFailure(text: string): string {
  return applied(THEIRS, applied(OURS, text));
}

function applied(rules: readonly Rule[], text: string): string {
  return rules.reduce((rest, [what, becomes]) => rest.replace(what, becomes), text);
}

import { placeIn, type Trees } from '../reports/log-scan/place.js';
import type { Finding } from '../reports/log-scan/scan.js';
import { type Failure, KEPT, keptLines, linesOf } from './failure.js';

/**
 * Lines that only repeat that something before them failed: of make for each directory above, of compiler drivers for their linker.
 * One syntax error in a tree of three directories is one error, not four.
 */
const CONSEQUENCES = [
  /^\S*make(?:\.exe)?(?:\[\d+\])?: \*\*\* /,
  /^(?:collect2|clang(?:\+\+)?(?:-\d+)?): error: (?:ld returned|linker command failed)/,
  /^ninja: (?:build stopped|error: build\.ninja)/,
  /^(?:g?make|ninja|cmake)(?:\[\d+\])?: error: /i,
  /^FAILED: /,
  /^error: (?:could not compile|aborting due to)/,
];

/**
 * The errors among the findings in a log, without those that only follow from others.
 *
 * @param most from so many on, the scanner takes further ones for lines like others
 */
export function errorsAmong(findings: readonly Finding[], trees: Trees, most: number): Failure['errors'] {
  const all = findings.filter(({ kind }) => kind === 'error');
  const causes = all.filter(({ text }) => !CONSEQUENCES.some((form) => form.test(text)));
  const errors = causes.length > 0 ? causes : all;
  return {
    count: errors.length,
    orMore: all.length >= most,
    first: errors.slice(0, KEPT.errors).map((finding) => {
      const [text = ''] = keptLines([finding.text]);
      const before = linesBefore(finding, findings[findings.indexOf(finding) - 1]);
      const after = linesOf(finding.after).slice(0, KEPT.context);
      return { ...placeIn(text, trees), text, before: keptLines(before), after: keptLines(after) };
    }),
  };
}

/** The lines right before a finding. Those that the scanner has given to the one before it are that one's context only at its beginning. */
function linesBefore({ logLine, before }: Finding, previous: Finding | undefined): string[] {
  const own = linesOf(before);
  const others = previous === undefined ? [] : linesOf(previous.after);
  const isNext = previous !== undefined && previous.logLine + others.length + own.length + 1 === logLine;
  return [...(isNext ? others.slice(KEPT.context) : []), ...own].slice(-KEPT.context);
}

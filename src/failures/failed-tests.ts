import { type FailedTest, type Failure, KEPT, keptLines, NOTHING_FOUND } from './failure.js';

/** How a test program says in its output which test failed. */
interface Form {
  readonly of: string;
  /** With groups `name` and, where it says so, `why`. */
  readonly line: RegExp;
}

/** The ones that are in use outside, each as it writes to a log. */
const FORMS: readonly Form[] = [
  { of: 'ctest', line: /^\s+\d+ - (?<name>.+?) \((?<why>[A-Z][A-Za-z_ ]+)\)(?:\s.*)?$/ },
  { of: 'GoogleTest', line: /^\[ {2}FAILED {2}\] (?<name>[^\s,]+\.[^\s,]+)(?:, where .*)?(?: \(\d+ ms\))?$/ },
  { of: 'pytest', line: /^(?:FAILED|ERROR) (?<name>\S+?(?:::.+?|\.py))(?: - (?<why>.*))?$/ },
  { of: 'unittest', line: /^(?:FAIL|ERROR): (?<name>\w+ \([\w.]+\))$/ },
  { of: 'automake', line: /^(?<why>FAIL|ERROR|XPASS): (?<name>[^:\s]+)$/ },
  { of: 'Go', line: /^\s*--- FAIL: (?<name>\S+) \([\d.]+s\)$/ },
  { of: 'Rust', line: /^test (?<name>\S+)(?: - should panic)? \.\.\. FAILED$/ },
  { of: 'Meson', line: /^\s*\d+\/\d+ (?<name>\S.*?)\s+(?<why>FAIL|TIMEOUT|ERROR|INTERRUPT)\s+[\d.]+ ?s(?:\s.*)?$/ },
  { of: 'prove', line: /^(?<name>\S+)\s+\(Wstat: \d+ .*\)$/ },
  { of: 'TAP', line: /^not ok \d+(?: -)? (?<name>(?!.*# (?:TODO|SKIP))\S.*)$/i },
];

/** UTF-16 units. A longer line names no test, and the forms may take the square of its length. */
const LONGEST_LINE = 1000;

const SUMMARY_OF_CTEST = 'The following tests FAILED:';
/** `40% tests passed, 3 tests failed out of 5` */
const COUNTS_OF_CTEST = /^\d+% tests passed, (?<failed>\d+) tests? failed out of (?<all>\d+)$/;

/**
 * The failed tests that the output of a test program names, each once, in the order of the output. Of several programs the first in
 * the list above counts: pytest in ctest, say, is ctest.
 */
export function failedTestsIn(output: readonly string[]): Failure['tests'] {
  const lines = output.filter((line) => line.length <= LONGEST_LINE);
  for (const { of, line: form } of FORMS) {
    const found = new Map<string, FailedTest>();
    // Its list stands below this line; a log may hold other lines of that form.
    const from = of === 'ctest' ? lines.indexOf(SUMMARY_OF_CTEST) : 0;
    if (from === -1) continue;
    for (const line of lines.slice(from)) {
      const { name, why } = form.exec(line)?.groups ?? {};
      if (name === undefined || found.has(name)) continue;
      const [shortName = '', shortWhy = ''] = keptLines([name, why ?? '']);
      found.set(name, { name: shortName, ...(isReason(shortWhy) && { why: shortWhy }), output: [] });
    }
    if (found.size === 0) continue;
    const counts = of === 'ctest' ? countsOfCTest(lines) : undefined;
    return {
      failed: Math.max(found.size, counts?.failed ?? 0),
      ...(counts !== undefined && { all: counts.all }),
      first: [...found.values()].slice(0, KEPT.tests),
    };
  }
  return NOTHING_FOUND.tests;
}

/** Whether it says more than that a test failed. */
function isReason(why: string): boolean {
  return !/^(?:|FAIL|FAILED|Failed|Completed)$/.test(why);
}

/** The sums of all runs of ctest in it: a stage may run several. */
function countsOfCTest(lines: readonly string[]): { readonly failed: number; readonly all: number } | undefined {
  let counts: { readonly failed: number; readonly all: number } | undefined;
  for (const line of lines) {
    const { failed, all } = COUNTS_OF_CTEST.exec(line)?.groups ?? {};
    if (failed === undefined || all === undefined) continue;
    counts = { failed: (counts?.failed ?? 0) + Number(failed), all: (counts?.all ?? 0) + Number(all) };
  }
  return counts;
}

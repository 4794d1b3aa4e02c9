/** What a line of a build log complains of. */
export interface Diagnosis {
  readonly kind: 'error' | 'warning';
  /** As the tool wrote it; undefined when it names none. */
  readonly file?: string;
  readonly line?: number;
}

interface Form {
  readonly kind: Diagnosis['kind'];
  readonly pattern: RegExp;
}

/** `a.c:3:` and `a.c:3:7:`, also behind a drive letter; never across the quotes and blanks of a command line. */
const PLACE = String.raw`(?<file>(?:[A-Za-z]:)?[^:"'<>|*?\s][^:"<>|*?]*):(?<line>\d+)(?::\d+)?:`;
/** `a.cpp(3)` and `a.cpp(3,7)`, of MSVC and those who write like it, perhaps behind the `2>` of a parallel build. */
const MSVC_PLACE = String.raw`(?:\d+>)?(?<file>(?:[A-Za-z]:)?[^:"<>|*?()]+)\((?<line>\d+)(?:,\d+)*\)\s*:`;
/** `collect2:`, `/usr/bin/ld:`, `clang-15:`, `LINK :` */
const TOOL = String.raw`(?:\d+>)?[\w.+/\\-]+(?:\[\d+\])?\s?:`;

const form = (kind: Diagnosis['kind'], ...parts: readonly string[]): Form => ({
  kind,
  pattern: new RegExp(parts.join('')),
});

/** The first that fits counts. Each is anchored, and none has two ways to match the same text, so all take linear time. */
const FORMS: readonly Form[] = [
  // gcc, clang, gfortran, assemblers, cmake --trace, and all that write like them
  form(
    'error',
    '^\\s*(?:In file included from )?',
    PLACE,
    String.raw`\s*(?:fatal |internal compiler |syntax )?[Ee]rror\b(?! \(ignored\))`,
  ),
  form('warning', '^\\s*', PLACE, String.raw`\s*(?:optimization )?[Ww]arning\b`),
  // MSVC, its linker and resource compiler, Intel on Windows, C#
  form('error', '^\\s*', MSVC_PLACE, String.raw`\s*(?:fatal |Catastrophic |internal )?[Ee]rror\b`),
  form('warning', '^\\s*', MSVC_PLACE, String.raw`\s*(?:command line )?[Ww]arning\b`),
  // linkers
  form('error', '^', PLACE, String.raw`\s*(?:undefined reference to|multiple definition of|more undefined references)`),
  form('error', '^.*: (?:undefined reference to|multiple definition of|more undefined references to) '),
  form(
    'error',
    String.raw`^(?:\S*/)?(?:\S+-)?(?:ld|gold|lld|ld\.\w+|mold): (?:cannot |error|undefined |unrecognized |unknown |final link failed|symbol\(s\) not found|.*: (?:undefined |cannot |file not recognized|relocation .* can not |error adding symbols))`,
  ),
  form('error', '^Undefined (?:symbols|first referenced)'),
  // make and ninja, when they give up
  form('error', String.raw`^\S*make(?:\[\d+\])?(?:\.exe)?: \*\*\* (?!.*\(ignored\)$)`),
  form('error', '^ninja: (?:error|fatal):'),
  form('error', '^FAILED: '),
  // CMake
  form('error', String.raw`^\s*CMake (?:Internal )?Error(?: \(dev\))?(?: at (?<file>[^:]+):(?<line>\d+))?`),
  form('warning', String.raw`^\s*CMake (?:Deprecation )?Warning(?: \(dev\))?(?: at (?<file>[^:]+):(?<line>\d+))?`),
  // any other program that names itself first
  form('error', '^', TOOL, String.raw` (?:fatal |internal |error: )*error\b(?: [A-Z]+\d+)?\s?:`),
  form('warning', '^', TOOL, String.raw` (?:[\w ]+ )?warning\b(?: [A-Z]+\d+)?\s?:`),
  form('error', String.raw`^(?:fatal )?(?:ERROR|[Ee]rror)(?:\[[A-Z]\d+\])?: `),
  form('warning', String.raw`^(?:WARNING|[Ww]arning)(?:\[[A-Z]\d+\])?: `),
  form('error', '(?:Segmentation fault|: Assertion .* failed)'),
];

/** More of a line than this is not looked at: no tool complains so far to the right. */
const LONGEST = 4096;

/**
 * What one line complains of, in the forms of gcc, clang, MSVC, linkers, assemblers, make, ninja and cmake. That a word
 * such as `error` occurs is not enough: options, file names and summaries (`-Werror`, `error.c`, `0 errors`) have it, too.
 */
export function diagnose(text: string): Diagnosis | undefined {
  const line = text.length > LONGEST ? text.slice(0, LONGEST) : text;
  for (const { kind, pattern } of FORMS) {
    const match = pattern.exec(line);
    if (match === null) continue;
    const { file, line: number } = match.groups ?? {};
    return file === undefined || number === undefined ? { kind } : { kind, file: file.trim(), line: Number(number) };
  }
  return undefined;
}

/** Two bytes in a row that every complaint has one pair of: `error`, `warning`, `undefined`, `definition`, `cannot`, … */
const PAIRS = ['rr', 'RR', 'rn', 'RN', 'ef', 'nn', 'fa', 'FA', '**'];

const TABLE = new Uint8Array(65_536);
for (const pair of PAIRS) TABLE[(pair.charCodeAt(0) << 8) | pair.charCodeAt(1)] = 1;

/**
 * For each two bytes in a row, the first one eight bits up, whether a line that has them may be one that
 * {@link diagnose} knows. Most lines of a log have none, and need not become text.
 */
export const SUSPICIOUS: Readonly<Uint8Array> = TABLE;

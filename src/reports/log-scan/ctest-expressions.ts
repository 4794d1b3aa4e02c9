/**
 * What CTest (3.25 to 4.4) takes for an error or a warning, in its own language of expressions but by kinds and without what a
 * line need not have besides: an expression that only names more of a line than another one is left out. Installed ctest
 * is the oracle in the tests.
 */
export const CTEST_EXPRESSIONS: Readonly<Record<LineKind, readonly string[]>> = {
  error: [
    // a place and a word: gcc, clang, gfortran, MSVC, Intel, xlc, Sun and SGI compilers, assemblers, lcc
    String.raw`[^ :]:[0-9]+: [^ \t]`,
    '[^:]: (Error:|error|undefined reference|multiply defined)',
    '[^ :] : (error|fatal error|catastrophic error)',
    String.raw`[^:]\([^\)]+\) ?: (error|fatal error|catastrophic error)`,
    '^fatal error C[0-9]+:',
    ': syntax error ',
    '^"[^"]+", line [0-9]+: [^Ww]',
    String.raw`", line [0-9]+\.[0-9]+: [0-9]+-[0-9]+ \([^WI]\)`,
    '^cc[^C]*CC: ERROR File = [^,]+, Line = [0-9]',
    utf8('lcc: "[^"]+", (line|строка) [0-9]+: (error|ошибка)'),
    'nternal error:',
    's:616 string too big',
    // how programs begin that give up
    '^(Fatal|Error:? )',
    String.raw`^\[ERROR\]`,
    '[0-9] ERROR: ',
    '^[Bb]us [Ee]rror',
    '^[Ss]egmentation ([Vv]iolation|[Ff]ault)',
    '^CMake Error.*:',
    '^Command .* failed with exit code',
    String.raw`^The project cannot be built\.`,
    // linkers and loaders
    String.raw`^ld[^:]*:[ \t]*ERROR[^:]*:`,
    'ld: (fatal: |0706-006 Cannot find or open library file: -l |0711-993 Error occurred while writing to the output file:)',
    'ld terminated with signal',
    String.raw`^ild:[ \t]*\(undefined symbol\)`,
    String.raw`ild: \(argument error\) can't find library argument ::`,
    '^collect2: ld returned 1 exit status',
    'final link failed:',
    'Un(satisfied|defined) symbol',
    '^Unresolved:',
    String.raw`^Undefined[ \t]+first referenced`,
    String.raw`:[ \t](cannot|can't) find`,
    '^could not be found and will not be loaded.',
    ": (Invalid (loader fixup for symbol|fixups exist|argument)|Can't find library for|internal link edit command failed)",
    // the shell, and make
    ':.*[Pp]ermission [Dd]enied',
    ': No such file or directory',
    ": Unrecognized option [`'].*'",
    ": \\*\\*\\* No (rule to make target [`'].*'.  Stop|targets specified and no makefile found)",
    'make: Fatal error: ',
    String.raw`make(\[.*\])?: \*\*\*.*Error`,
    String.raw`\*\*\* Error code`,
    String.raw`Makefile:[0-9]+: \*\*\* .*  Stop\.`,
  ],
  notError: [
    'instantiated from ',
    'candidates are:',
    String.raw`: (warning|WARNING|\(Warning\)|note)`,
    'Note:',
    '[Mm]akefile:',
    String.raw`:[ \t]+Where:`,
    '[^ :]:[0-9]+: Warning',
    '------ Build started: .* ------',
  ],
  warning: [
    '[^:]: warning',
    '[^ :]:[0-9]+: (note:|Warning|Warnung)',
    '[^ :] : warning',
    '^"[^"]+", line [0-9]+: [Ww]arn[iu]ng',
    String.raw`", line [0-9]+\.[0-9]+: [0-9]+-[0-9]+ \([WI]\)`,
    '^cc[^C]*CC: WARNING File = [^,]+, Line = [0-9]',
    utf8('lcc: "[^"]+", (line|строка) [0-9]+: (warning|предупреждение)'),
    String.raw`\([0-9]*\): remark #`,
    String.raw`".*", line [0-9]+: remark\([0-9]*\):`,
    'cc-[0-9]* CC: REMARK File = .*, Line = ',
    '^(Warning|Warnung)[ :]',
    'WARNING: ',
    String.raw`^\[WARNING\]`,
    '^cxx: Warning:',
    '^CMake Warning.*:',
    String.raw`^ld[^:]*:[ \t]*WARNING[^:]*:`,
    'file: .* has no symbols',
  ],
  notWarning: [
    String.raw`/usr/.*/X11/X(lib|util|Resource)\.h:[0-9]+: war.*: ANSI C\+\+ forbids declaration`,
    'WARNING (84|47) :',
    '[Mm]akefile:',
    'warning:  Clock skew detected.  Your build may be incomplete.',
    '/usr/openwin/include/GL/[^:]+:',
    'bind_at_load',
    'XrmQGetResource',
    'IceFlush',
    String.raw`warning LNK4089: all references to [^ \t]+ discarded by .OPT:REF`,
    'ld32: WARNING 85: definition of dataKey in',
    String.raw`cc: warning 422: Unknown option "\+b`,
    '_with_warning_C',
  ],
};

/** What an expression says of a line. */
export type LineKind = 'error' | 'notError' | 'warning' | 'notWarning';

/** Expressions are bytes. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

// Made by scripts/tables.mjs of tables/tools.mjs: change that.
import type { Pattern, Rule } from './pattern.js';

/** What kind of program it is. */
export type ToolKind =
  | 'compiler'
  | 'linker'
  | 'archiver'
  | 'indexer'
  | 'libtool'
  | 'nvcc';

/** Which compiler a name promises: `cc` and wrappers promise none. */
export type ToolFamily =
  | 'unknown'
  | 'gcc'
  | 'clang';

/** Of a name without version and triplet. */
export const KINDS_BY_END: readonly Rule<ToolKind>[] = [
  { means: 'archiver', pattern: { words: new Set(['ar']), beginnings: [], containing: [] } },
  { means: 'indexer', pattern: { words: new Set(['ranlib']), beginnings: [], containing: [] } },
  { means: 'linker', pattern: { words: new Set(['ld', 'lld']), beginnings: [], containing: [] } },
  { means: 'libtool', pattern: { words: new Set(['libtool']), beginnings: [], containing: [] } },
  { means: 'nvcc', pattern: { words: new Set(['nvcc']), beginnings: [], containing: [] } },
];

/** Of a whole name, where its end tells nothing. */
export const KINDS_BY_NAME: readonly Rule<ToolKind>[] = [
  { means: 'linker', pattern: { words: new Set(), beginnings: ['ld.'], containing: ['-ld.'] } },
];

/** Of a name without version. */
export const KINDS_BY_UNVERSIONED: readonly Rule<ToolKind>[] = [
  { means: 'libtool', pattern: { words: new Set(['libtool.sh']), beginnings: [], containing: [] } },
];

/** Of a whole name. */
export const FAMILIES: readonly Rule<ToolFamily>[] = [
  { means: 'clang', pattern: { words: new Set(), beginnings: [], containing: ['clang'] } },
  { means: 'gcc', pattern: { words: new Set(), beginnings: [], containing: ['gcc', 'g++', 'gfortran'] } },
];

/** They link for Windows, so add an ending of their own to outputs without one. */
export const WINDOWS_NAMES: Pattern = { words: new Set(), beginnings: [], containing: ['mingw', 'cygwin'] };

/** Linkers that write another file and rename it. */
export const REPLACING_LINKERS: Pattern = { words: new Set(), beginnings: [], containing: ['lld', 'mold'] };

/**
 * What the names of compilers and assemblers end in, apart from versions, where `gcc`, `g++` or `clang` is not in them.
 */
export const COMPILER_NAMES: Pattern = { words: new Set([
   'cc', 'c++', 'CC', 'c89', 'c99', 'c11', 'c17', 'f77', 'f90', 'f95', 'fc', 'ftn', 'flang', 'g77', 'gdc', 'gnat',
   'icc', 'icpc', 'icx', 'icpx', 'ifort', 'ifx', 'nvc', 'nvc++', 'nvfortran', 'pgcc', 'pgc++', 'pgfortran', 'xlc',
   'xlC', 'xlc++', 'tcc', 'pcc', 'suncc', 'mpicc', 'mpicxx', 'mpic++', 'mpiCC', 'mpif77', 'mpif90', 'mpifort', 'mpiicc',
   'mpiicpc', 'hipcc', 'emcc', 'em++', 'as', 'gas'
 ]), beginnings: [], containing: [] };

/** Programs that start the program whose name follows, after options, numbers and assignments. */
export const LAUNCHERS: Pattern = { words: new Set([
   'ccache', 'sccache', 'distcc', 'icecc', 'env', 'nice', 'ionice', 'time', 'timeout', 'chrt', 'taskset', 'stdbuf',
   'setarch', 'setsid', 'command'
 ]), beginnings: [], containing: [] };

/** Those of them that cache objects. */
export const CACHES: Pattern = { words: new Set(['ccache', 'sccache']), beginnings: [], containing: [] };

/** Those of them that send the work to other hosts. */
export const DISTRIBUTORS: Pattern = { words: new Set(['distcc', 'icecc']), beginnings: [], containing: [] };

/** Options of ar whose argument is the next word. */
export const ARCHIVE_WORD_OPTIONS: Pattern = { words: new Set(['--plugin', '--target', '--output', '--record-libdeps', '--format', '-format']), beginnings: [], containing: [] };

/** Options of ar that are no key letters: `-X32_64` for AIX, and `-format=gnu` of llvm-ar. */
export const ARCHIVE_OPTIONS: Pattern = { words: new Set(), beginnings: ['--', '-X', '-format='], containing: [] };

/** They ask ar about itself. */
export const ARCHIVE_QUESTIONS: Pattern = { words: new Set(['--version', '--help']), beginnings: [], containing: [] };

/** Options of ranlib whose argument is the next word. */
export const INDEX_WORD_OPTIONS: Pattern = { words: new Set(['--plugin']), beginnings: [], containing: [] };

/** Key letters of ar of which one is needed. */
export const ARCHIVE_OPERATIONS = 'dmpqrstx';

/** Those of operations that change the archive. */
export const ARCHIVE_CHANGES = 'dmqrs';

/**
 * Key letters with which it is not changed, or not certainly: `l` takes an argument in newer versions and none in older
 * ones; M reads a script, V and h tell about ar.
 */
export const ARCHIVE_READINGS = 'tpxlMVh';

/** Key letters that take the name of a member. */
export const ARCHIVE_PLACES = 'abi';

/** Key letters that take a number. */
export const ARCHIVE_COUNTS = 'N';

/** Letters of ranlib that ask it about itself. */
export const INDEX_QUESTIONS = 'vVhH';

/** What gcc starts objcopy by (-wrapper), which so writes another file than it was told. */
export const OTHER_FILE_SCRIPT = '[ "$2" != --extract-dwo ] || set -- "$1" "$2" "$3" "$0"; exec "$@"';

// What has to be known of programs by their names, to find the one that does the work.
export default {
  toolKind: {
    about: 'What kind of program it is.',
    choices: {
      compiler: '',
      linker: '',
      archiver: '',
      indexer: '',
      libtool: '',
      nvcc: '',
    },
    prefix: 'tool',
  },
  toolFamily: {
    about: 'Which compiler a name promises: `cc` and wrappers promise none.',
    choices: { unknown: '', gcc: '', clang: '' },
    prefix: 'family',
  },
  kindsByEnd: {
    about: 'Of a name without version and triplet.',
    rulesOf: 'toolKind',
    rules: [
      { means: 'archiver', words: 'ar' },
      { means: 'indexer', words: 'ranlib' },
      { means: 'linker', words: 'ld lld' },
      { means: 'libtool', words: 'libtool' },
      { means: 'nvcc', words: 'nvcc' },
    ],
  },
  kindsByName: {
    about: 'Of a whole name, where its end tells nothing.',
    rulesOf: 'toolKind',
    rules: [{ means: 'linker', beginnings: 'ld.', containing: '-ld.' }],
  },
  kindsByUnversioned: {
    about: 'Of a name without version.',
    rulesOf: 'toolKind',
    rules: [{ means: 'libtool', words: 'libtool.sh' }],
  },
  families: {
    about: 'Of a whole name.',
    rulesOf: 'toolFamily',
    rules: [
      { means: 'clang', containing: 'clang' },
      { means: 'gcc', containing: 'gcc g++ gfortran' },
    ],
  },
  windowsNames: {
    about: 'They link for Windows, so add an ending of their own to outputs without one.',
    containing: 'mingw cygwin',
  },
  replacingLinkers: { about: 'Linkers that write another file and rename it.', containing: 'lld mold' },
  compilerNames: {
    about:
      'What the names of compilers and assemblers end in, apart from versions, where `gcc`, `g++` or `clang` is not in them.',
    words: `cc c++ CC c89 c99 c11 c17 f77 f90 f95 fc ftn flang g77 gdc gnat icc icpc icx icpx ifort ifx nvc nvc++ nvfortran
      pgcc pgc++ pgfortran xlc xlC xlc++ tcc pcc suncc mpicc mpicxx mpic++ mpiCC mpif77 mpif90 mpifort mpiicc mpiicpc hipcc
      emcc em++ as gas`,
  },
  launchers: {
    about: 'Programs that start the program whose name follows, after options, numbers and assignments.',
    words: 'ccache sccache distcc icecc env nice ionice time timeout chrt taskset stdbuf setarch setsid command',
  },
  caches: { about: 'Those of them that cache objects.', words: 'ccache sccache' },
  distributors: { about: 'Those of them that send the work to other hosts.', words: 'distcc icecc' },
  archiveWordOptions: {
    about: 'Options of ar whose argument is the next word.',
    words: '--plugin --target --output --record-libdeps --format -format',
  },
  archiveOptions: {
    about: 'Options of ar that are no key letters: `-X32_64` for AIX, and `-format=gnu` of llvm-ar.',
    beginnings: '-- -X -format=',
  },
  archiveQuestions: { about: 'They ask ar about itself.', words: '--version --help' },
  indexWordOptions: { about: 'Options of ranlib whose argument is the next word.', words: '--plugin' },
  archiveOperations: { about: 'Key letters of ar of which one is needed.', text: 'dmpqrstx' },
  archiveChanges: { about: 'Those of operations that change the archive.', text: 'dmqrs' },
  archiveReadings: {
    about:
      'Key letters with which it is not changed, or not certainly: `l` takes an argument in newer versions and none in older ones; M reads a script, V and h tell about ar.',
    text: 'tpxlMVh',
  },
  archivePlaces: { about: 'Key letters that take the name of a member.', text: 'abi' },
  archiveCounts: { about: 'Key letters that take a number.', text: 'N' },
  indexQuestions: { about: 'Letters of ranlib that ask it about itself.', text: 'vVhH' },
  otherFileScript: {
    about: 'What gcc starts objcopy by (-wrapper), which so writes another file than it was told.',
    text: '[ "$2" != --extract-dwo ] || set -- "$1" "$2" "$3" "$0"; exec "$@"',
  },
};

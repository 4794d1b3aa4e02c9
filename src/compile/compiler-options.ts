/**
 * What has to be known of the options of gcc, clang, gfortran and the linker to find the output of a command. The same
 * tables stand in native/options.c; the tests compare the two with random command lines.
 */

/** Options whose argument is the next word, so that `-I -o x` is not taken for an output. */
const SEPARATE = new Set(
  `-o --output -I -D -U -A -L -l -x -T -u -z -e -B -F -G -J -R -b
  -include -imacros -isystem -isysroot -idirafter -iprefix -iwithprefix -iwithprefixbefore -iwithsysroot -iquote
  -imultilib -imultiarch -iframework -iframeworkwithsysroot -cxx-isystem -stdlib++-isystem -isystem-after -include-pch
  -ivfsoverlay -vfsoverlay -iapinotes-modules
  -MF -MT -MQ -MJ -gen-cdb-fragment-path
  -Xclang -Xlinker -Xassembler -Xpreprocessor -Xanalyzer -Xopenmp-target -Xarch_device -Xarch_host -Xcuda-fatbinary
  -Xcuda-ptxas -Xflang -Xoffload-linker -Xthinlto
  -mllvm -mmlir -mthread-model -meabi
  -target -arch -triple -gcc-toolchain -working-directory -resource-dir -fdebug-compilation-dir -ftrapv-handler
  -index-store-path -index-unit-output-path -serialize-diagnostics --serialize-diagnostics --config
  -aux-info -dumpbase -dumpbase-ext -dumpdir -auxbase -auxbase-strip -wrapper -specs --specs
  --param --sysroot -sysroot --prefix --include --imacros --include-directory --include-directory-after
  --include-prefix --include-with-prefix --include-with-prefix-after --include-with-prefix-before --define-macro
  --undefine-macro --language --library-directory --entry --for-assembler --for-linker --force-link --assert --dump-base
  -Tbss -Tdata -Ttext -rpath -soname
  -dyld-prefix -dylinker_install_name -install_name -init -compatibility_version -current_version -umbrella -undefined
  -exported_symbols_list -unexported_symbols_list -framework -force_load -weak_framework -weak_library -bundle_loader
  -client_name -allowable_client -filelist -image_base -pagezero_size -sub_library -sub_umbrella -multiply_defined
  -dependency-dot -dependency-file -module-dependency-dir`.split(/\s+/),
);

/** Options after which nothing is written that could be protected, or not where `-o` says. */
const QUIET = new Set(
  `-E --preprocess -M -MM --dependencies --user-dependencies -fsyntax-only -### --version -dumpversion -dumpfullversion
  -dumpmachine -dumpspecs --target-help --help -help --analyze -module-file-info
  -verify-pch -extract-api -fdriver-only -rewrite-objc -rewrite-legacy-objc`.split(/\s+/),
);

const QUIET_BEGINNINGS = ['-print-', '--print-', '--help='];

/** What ccache adds the name of the output to its hash for: under a new name each time it would never hit. */
const HASHED_WITH_NAME = new Set('-gsplit-dwarf --coverage -coverage -fprofile-arcs -ftest-coverage'.split(' '));

/** Clang records the whole command line in the object then, the name of the output included. Gcc leaves that out. */
const RECORDED = new Set(
  '-grecord-command-line -grecord-gcc-switches -frecord-command-line -frecord-gcc-switches'.split(' '),
);

const SOURCES = new Set(
  `c i ii m mi mm mii M h H hh hp hxx hpp HPP h++ tcc cc cp cxx cpp CPP c++ C cppm ixx cxxm c++m ccm s S sx asm
  f for ftn fpp FOR FTN FPP F f90 f95 f03 f08 F90 F95 F03 F08 d di go ads adb java ll bc cu cui hip cl ast pcm`.split(
    /\s+/,
  ),
);

const HEADERS = new Set('h H hh hp hxx hpp HPP h++ tcc'.split(' '));

/** Tools and the like choose by the ending of `-o` what they write, or write more than one file. */
const MEANINGFUL_ENDINGS = new Set('la dll exe js mjs html wasm'.split(' '));

/** Sources that no preprocessor reads. */
const UNPROCESSED = new Set('i ii mi mii s asm ll bc ast pcm'.split(' '));

/** Sources for the assembler. */
const ASSEMBLY = new Set('s S sx asm'.split(' '));

/** What the names of compilers end in, apart from versions, where `gcc`, `g++` or `clang` is not in them. */
const COMPILERS = new Set(
  `cc c++ CC c89 c99 c11 c17 f77 f90 f95 fc ftn flang g77 gdc gnat icc icpc icx icpx ifort ifx nvc nvc++ nvfortran
  pgcc pgc++ pgfortran xlc xlC xlc++ tcc pcc suncc mpicc mpicxx mpic++ mpiCC mpif77 mpif90 mpifort mpiicc mpiicpc hipcc
  emcc em++ as gas`.split(/\s+/),
);

/** Programs that start the program whose name follows, after options, numbers and assignments. */
const LAUNCHERS = new Set(
  `ccache sccache distcc icecc env nice ionice time timeout chrt taskset stdbuf setarch setsid command`.split(/\s+/),
);

/** The tables, to compare native/compiler_options.c with. */
export const OPTION_TABLES = {
  separate: [...SEPARATE],
  quiet: [...QUIET, ...QUIET_BEGINNINGS],
  hashedWithName: [...HASHED_WITH_NAME],
  recorded: [...RECORDED],
  endings: [...SOURCES, ...HEADERS, ...MEANINGFUL_ENDINGS, ...UNPROCESSED, ...ASSEMBLY],
  compilers: [...COMPILERS],
  launchers: [...LAUNCHERS],
};

export const takesNext = (option: string): boolean =>
  SEPARATE.has(option) || option.startsWith('-Xarch_') || option.startsWith('-Xopenmp-target=');
export const isQuiet = (option: string): boolean => QUIET.has(option) || startsAs(option, QUIET_BEGINNINGS);
export const isHashedWithName = (option: string): boolean =>
  HASHED_WITH_NAME.has(option) || option.startsWith('-gsplit-dwarf=');
export const isRecorded = (option: string): boolean => RECORDED.has(option);
export const isLauncher = (name: string): boolean => LAUNCHERS.has(name);

export type InputKind = 'source' | 'header' | 'other';

/** What the driver takes an input for by its name. */
export function inputKind(path: string): InputKind {
  const ending = endingOf(path);
  if (HEADERS.has(ending)) return 'header';
  return SOURCES.has(ending) ? 'source' : 'other';
}

/** Whether a preprocessor reads a source of this name, and whether it is for the assembler. */
export const isPreprocessed = (path: string): boolean => !UNPROCESSED.has(endingOf(path));
export const isAssembly = (path: string): boolean => ASSEMBLY.has(endingOf(path));

/** Whether a program is known as a compiler or assembler by its name, without triplet and version. */
export const isCompilerName = (name: string): boolean => COMPILERS.has(name);

export const hasMeaningfulEnding = (path: string): boolean => MEANINGFUL_ENDINGS.has(endingOf(path));

/**
 * Whether the linker, given this argument, writes the name of the output into another file: a map, a dependency file,
 * a program database, an import library, or files named after it.
 */
export function namesOutputElsewhere(argument: string): boolean {
  const name = argument.replace(/^--?/, '');
  if (name === argument) return false;
  if (name === 'M' || name === 'print-map' || name === 'pdb' || name === 'time-trace') return true;
  return /^(Map|dependency-file|pdb=|out-implib|save-temps|time-trace=|plugin-opt=.*(save-temps|time-trace))/.test(
    name,
  );
}

/** Everything after the last dot of the name, empty without one. */
export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

function startsAs(option: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => option.startsWith(beginning));
}

// Made by scripts/tables.mjs of tables/compiler-options.mjs: change that.
import type { Pattern, Rule } from './pattern.js';

/** Options whose argument is the next word, so that `-I -o x` is not taken for an output. */
export const OPTIONS_WITH_ARGUMENT: Pattern = { words: new Set([
   '-o', '--output', '-I', '-D', '-U', '-A', '-L', '-l', '-x', '-T', '-u', '-z', '-e', '-B', '-F', '-G', '-J', '-R',
   '-b', '-include', '-imacros', '-isystem', '-isysroot', '-idirafter', '-iprefix', '-iwithprefix',
   '-iwithprefixbefore', '-iwithsysroot', '-iquote', '-imultilib', '-imultiarch', '-iframework',
   '-iframeworkwithsysroot', '-cxx-isystem', '-stdlib++-isystem', '-isystem-after', '-include-pch', '-ivfsoverlay',
   '-vfsoverlay', '-iapinotes-modules', '-MF', '-MT', '-MQ', '-MJ', '-gen-cdb-fragment-path', '-Xclang', '-Xlinker',
   '-Xassembler', '-Xpreprocessor', '-Xanalyzer', '-Xopenmp-target', '-Xarch_device', '-Xarch_host', '-Xcuda-fatbinary',
   '-Xcuda-ptxas', '-Xflang', '-Xoffload-linker', '-Xthinlto', '-mllvm', '-mmlir', '-mthread-model', '-meabi',
   '-target', '-arch', '-triple', '-gcc-toolchain', '-working-directory', '-resource-dir', '-fdebug-compilation-dir',
   '-ftrapv-handler', '-index-store-path', '-index-unit-output-path', '-serialize-diagnostics',
   '--serialize-diagnostics', '--config', '-aux-info', '-dumpbase', '-dumpbase-ext', '-dumpdir', '-auxbase',
   '-auxbase-strip', '-wrapper', '-specs', '--specs', '--param', '--sysroot', '-sysroot', '--prefix', '--include',
   '--imacros', '--include-directory', '--include-directory-after', '--include-prefix', '--include-with-prefix',
   '--include-with-prefix-after', '--include-with-prefix-before', '--define-macro', '--undefine-macro', '--language',
   '--library-directory', '--entry', '--for-assembler', '--for-linker', '--force-link', '--assert', '--dump-base',
   '-Tbss', '-Tdata', '-Ttext', '-rpath', '-soname', '-dyld-prefix', '-dylinker_install_name', '-install_name', '-init',
   '-compatibility_version', '-current_version', '-umbrella', '-undefined', '-exported_symbols_list',
   '-unexported_symbols_list', '-framework', '-force_load', '-weak_framework', '-weak_library', '-bundle_loader',
   '-client_name', '-allowable_client', '-filelist', '-image_base', '-pagezero_size', '-sub_library', '-sub_umbrella',
   '-multiply_defined', '-dependency-dot', '-dependency-file', '-module-dependency-dir'
 ]), beginnings: ['-Xarch_', '-Xopenmp-target='], containing: [] };

/** What an option without an argument of its own means for the output: the first rule that fits. */
export type DriverOption =
  /** Nothing is written that could be protected, or not where `-o` says. */
  | 'quiet'
  | 'compile'
  | 'assembly'
  /** A dependency file is written. */
  | 'dependencies'
  /** Names what the dependency file speaks of. */
  | 'dependent'
  /** Names the dependency file. */
  | 'dependency-file'
  | 'linker-arguments'
  | 'assembler-arguments'
  /** Another file names the output. */
  | 'other-file'
  /** Another file holds arguments. */
  | 'configured'
  /** The compiler proper may run more than once for one source. */
  | 'repeated'
  | 'lto'
  /** Something else than an object or assembly, which changes the ending of an unnamed output. */
  | 'emits-other'
  /** For Apple's linker: the library or bundle records its own name. */
  | 'own-name'
  | 'libtool'
  | 'short-language'
  | 'long-language';

export const DRIVER_OPTION_RULES: readonly Rule<DriverOption>[] = [
  { means: 'quiet', pattern: { words: new Set([
      '-E', '--preprocess', '-M', '-MM', '--dependencies', '--user-dependencies', '-fsyntax-only', '-###', '--version',
      '-dumpversion', '-dumpfullversion', '-dumpmachine', '-dumpspecs', '--target-help', '--help', '-help', '--analyze',
      '-module-file-info', '-verify-pch', '-extract-api', '-fdriver-only', '-rewrite-objc', '-rewrite-legacy-objc'
    ]), beginnings: ['-print-', '--print-', '--help='], containing: [] } },
  { means: 'compile', pattern: { words: new Set(['-c', '--compile']), beginnings: [], containing: [] } },
  { means: 'assembly', pattern: { words: new Set(['-S', '--assemble']), beginnings: [], containing: [] } },
  { means: 'dependencies', pattern: { words: new Set(['-MD', '-MMD', '--write-dependencies', '--write-user-dependencies']), beginnings: [], containing: [] } },
  { means: 'dependent', pattern: { words: new Set(), beginnings: ['-MT', '-MQ'], containing: [] } },
  { means: 'dependency-file', pattern: { words: new Set(), beginnings: ['-MF'], containing: [] } },
  { means: 'linker-arguments', pattern: { words: new Set(), beginnings: ['-Wl,'], containing: [] } },
  { means: 'assembler-arguments', pattern: { words: new Set(), beginnings: ['-Wa,'], containing: [] } },
  { means: 'other-file', pattern: { words: new Set(['--MD']), beginnings: ['-fproc-stat-report'], containing: [] } },
  { means: 'configured', pattern: { words: new Set(), beginnings: ['--config='], containing: [] } },
  { means: 'repeated', pattern: { words: new Set(), beginnings: ['-fopenmp-targets', '--offload'], containing: ['-save-temps'] } },
  { means: 'lto', pattern: { words: new Set(), beginnings: ['-flto'], containing: [] } },
  { means: 'emits-other', pattern: { words: new Set(['--precompile']), beginnings: ['-emit-', '--emit-'], containing: [] } },
  { means: 'own-name', pattern: { words: new Set(['-dynamiclib', '-bundle']), beginnings: [], containing: [] } },
  { means: 'libtool', pattern: { words: new Set(), beginnings: ['--mode=', '--tag='], containing: [] } },
  { means: 'short-language', pattern: { words: new Set(), beginnings: ['-x'], containing: [] } },
  { means: 'long-language', pattern: { words: new Set(), beginnings: ['--language='], containing: [] } },
];

/** The same of an option whose argument is the next word. */
export type ArgumentOption =
  | 'output'
  | 'language'
  | 'dependent'
  | 'dependency-file'
  | 'configured'
  | 'wrapped'
  /** Names what is written beside the product. */
  | 'names-sides'
  | 'repeated'
  | 'other-file'
  | 'linker-argument'
  | 'assembler-argument'
  | 'clang-argument';

export const ARGUMENT_OPTION_RULES: readonly Rule<ArgumentOption>[] = [
  { means: 'output', pattern: { words: new Set(['-o', '--output']), beginnings: [], containing: [] } },
  { means: 'language', pattern: { words: new Set(['-x', '--language']), beginnings: [], containing: [] } },
  { means: 'dependent', pattern: { words: new Set(['-MT', '-MQ']), beginnings: [], containing: [] } },
  { means: 'dependency-file', pattern: { words: new Set(['-MF']), beginnings: [], containing: [] } },
  { means: 'configured', pattern: { words: new Set(['--config']), beginnings: [], containing: [] } },
  { means: 'wrapped', pattern: { words: new Set(['-wrapper']), beginnings: [], containing: [] } },
  { means: 'names-sides', pattern: { words: new Set(), beginnings: ['-dumpdir', '-dumpbase', '--dump-base'], containing: [] } },
  { means: 'repeated', pattern: { words: new Set(['-arch']), beginnings: ['-Xarch_'], containing: [] } },
  { means: 'other-file', pattern: { words: new Set(['-MJ', '-gen-cdb-fragment-path', '-index-store-path']), beginnings: [], containing: [] } },
  { means: 'linker-argument', pattern: { words: new Set(['-Xlinker', '--for-linker']), beginnings: [], containing: [] } },
  { means: 'assembler-argument', pattern: { words: new Set(['-Xassembler', '--for-assembler']), beginnings: [], containing: [] } },
  { means: 'clang-argument', pattern: { words: new Set(['-Xclang']), beginnings: [], containing: [] } },
];

/** The same of the linker: it writes nothing. */
export const QUIET_LINKER_OPTIONS: Pattern = { words: new Set(['--version', '--help']), beginnings: [], containing: [] };

/** Arguments of `-Xclang` that have something else emitted. */
export const EMITTING_ARGUMENTS: Pattern = { words: new Set(), beginnings: ['-emit-'], containing: [] };

/** Options of clang that begin like `-o FILE` and are none. */
export const NO_OUTPUT_OPTIONS: Pattern = { words: new Set(['-object']), beginnings: ['-objc'], containing: [] };

/** Behind `-Wp,`: a dependency file is written. */
export const PASSED_DEPENDENCIES: Pattern = { words: new Set(['-MD', '-MMD']), beginnings: [], containing: [] };

/** What ccache adds the name of the output to its hash for: under a new name each time it would never hit. */
export const HASHED_WITH_NAME: Pattern = { words: new Set(['-gsplit-dwarf', '--coverage', '-coverage', '-fprofile-arcs', '-ftest-coverage']), beginnings: ['-gsplit-dwarf='], containing: [] };

/** Clang records the whole command line in the object then, the name of the output included. Gcc leaves that out. */
export const RECORDING_OPTIONS: Pattern = { words: new Set([
   '-grecord-command-line', '-grecord-gcc-switches', '-frecord-command-line', '-frecord-gcc-switches'
 ]), beginnings: [], containing: [] };

/** Debug information is asked for, as far as both compilers mean the same by it. */
export const FULL_DEBUG: Pattern = { words: new Set(['-g', '-g2', '-g3', '-ggdb', '-ggdb2', '-ggdb3']), beginnings: ['-gdwarf'], containing: [] };

/** That is taken back. */
export const LESS_DEBUG: Pattern = { words: new Set(['-g0', '-g1', '-ggdb0', '-ggdb1', '-gmlt']), beginnings: ['-gline-'], containing: [] };

/** Endings of what is compiled. */
export const SOURCE_ENDINGS: Pattern = { words: new Set([
   'c', 'i', 'ii', 'm', 'mi', 'mm', 'mii', 'M', 'h', 'H', 'hh', 'hp', 'hxx', 'hpp', 'HPP', 'h++', 'tcc', 'cc', 'cp',
   'cxx', 'cpp', 'CPP', 'c++', 'C', 'cppm', 'ixx', 'cxxm', 'c++m', 'ccm', 's', 'S', 'sx', 'asm', 'f', 'for', 'ftn',
   'fpp', 'FOR', 'FTN', 'FPP', 'F', 'f90', 'f95', 'f03', 'f08', 'F90', 'F95', 'F03', 'F08', 'd', 'di', 'go', 'ads',
   'adb', 'java', 'll', 'bc', 'cu', 'cui', 'hip', 'cl', 'ast', 'pcm'
 ]), beginnings: [], containing: [] };

/** Endings of what is precompiled. */
export const HEADER_ENDINGS: Pattern = { words: new Set(['h', 'H', 'hh', 'hp', 'hxx', 'hpp', 'HPP', 'h++', 'tcc']), beginnings: [], containing: [] };

/** Of sources that no preprocessor reads. */
export const UNPROCESSED_ENDINGS: Pattern = { words: new Set(['i', 'ii', 'mi', 'mii', 's', 'asm', 'll', 'bc', 'ast', 'pcm']), beginnings: [], containing: [] };

/** Of sources for the assembler. */
export const ASSEMBLY_ENDINGS: Pattern = { words: new Set(['s', 'S', 'sx', 'asm']), beginnings: [], containing: [] };

/** Tools and the like choose by the ending of `-o` what they write, or write more than one file. */
export const MEANINGFUL_ENDINGS: Pattern = { words: new Set(['la', 'dll', 'exe', 'js', 'mjs', 'html', 'wasm']), beginnings: [], containing: [] };

/** Languages (`-x`) of headers. */
export const HEADER_LANGUAGES: Pattern = { words: new Set(), beginnings: [], containing: ['header'] };

/** Languages that no preprocessor reads. */
export const UNPROCESSED_LANGUAGES: Pattern = { words: new Set(['assembler', 'ir', 'ast']), beginnings: [], containing: ['cpp-output'] };

/** Languages for the assembler. */
export const ASSEMBLY_LANGUAGES: Pattern = { words: new Set(), beginnings: ['assembler'], containing: [] };

/**
 * Options of the linker, without dashes, for which another file has the name of the output: a map, a dependency file, a
 * program database, an import library.
 */
export const LINKER_FILES: Pattern = { words: new Set(['M', 'print-map', 'pdb', 'time-trace']), beginnings: ['Map', 'dependency-file', 'pdb=', 'out-implib', 'save-temps', 'time-trace='], containing: [] };

/** Passes an option to the plugin of the linker. */
export const LINKER_PLUGIN: Pattern = { words: new Set(), beginnings: ['plugin-opt='], containing: [] };

/** Such options for which it writes files named after the output. */
export const LINKER_PLUGIN_FILES: Pattern = { words: new Set(), beginnings: [], containing: ['save-temps', 'time-trace'] };

/** They choose a linker of GNU, which writes as the usual one. */
export const GNU_LINKERS: Pattern = { words: new Set(['-fuse-ld=bfd', '-fuse-ld=gold']), beginnings: [], containing: [] };

/** They choose a linker. */
export const CHOSEN_LINKERS: Pattern = { words: new Set(), beginnings: ['-fuse-ld='], containing: [] };

/** They choose another assembler than the one in clang. */
export const EXTERNAL_ASSEMBLER: Pattern = { words: new Set(['-fno-integrated-as', '-no-integrated-as']), beginnings: [], containing: [] };

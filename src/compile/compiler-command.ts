import {
  inputKind,
  isAssembly,
  isHashedWithName,
  isPreprocessed,
  isQuiet,
  isRecorded,
  namesOutputElsewhere,
  takesNext,
} from './compiler-options.js';
import { namedOutput, type Reader } from './named-outputs.js';
import type { Argument } from './response-file.js';
import { type SideKind, sideKindOf } from './side-files.js';

/** Where a command names its output. */
export interface OutputOption {
  readonly path: string;
  /** Index of the argument that ends in the path. */
  readonly argument: number;
  /** What stands before the path in that argument: nothing, `-o` or `--output=`. */
  readonly prefix: string;
}

/** Where the command line names the dependency file. */
export interface DependencyFile {
  /** Undefined when it is not named, and gcc and clang name it after the output. */
  readonly path: string | undefined;
  /** What stands before and behind it in its argument, and the index of that one. */
  readonly prefix: string;
  readonly suffix: string;
  readonly argument: number;
  /** It is asked for, or named, in more ways than one, of which gcc and clang take different ones. */
  readonly ambiguous: boolean;
}

/** What the command line of a compiler driver or linker says, as far as it matters for its output. */
export interface CompilerCommand {
  /** The last one: gcc and clang take that. */
  readonly output: OutputOption | undefined;
  readonly mode: 'compile' | 'assembly' | 'link' | 'quiet';
  /** Files that are compiled. */
  readonly sources: readonly string[];
  /** All of the sources are headers, so the output is a precompiled header. */
  readonly header: boolean;
  /** All words that are neither options nor their arguments. */
  readonly positionals: readonly string[];
  /** `driver`: -MD or -MMD; `preprocessor`: -Wp,-MD, where gcc and clang differ in the target they name. */
  readonly dependencies: 'none' | 'driver' | 'preprocessor';
  readonly dependencyFile: DependencyFile;
  /** -MT or -MQ is there, for the driver. */
  readonly namesDependent: boolean;
  /** Which kinds of further files are asked for. */
  readonly sides: ReadonlySet<SideKind>;
  readonly sideOutputs: boolean;
  /** Files that options name as ones to write, besides -o and the dependency file. */
  readonly namedOutputs: readonly string[];
  readonly hashedWithName: boolean;
  readonly recorded: boolean;
  readonly lto: boolean;
  /** What the source is: read by a preprocessor; only assembled. Of no meaning without a source. */
  readonly preprocessed: boolean;
  readonly assembly: boolean;
  /** -g or more, and nothing after it that takes it back. */
  readonly debug: boolean;
  /** -dumpdir and the like name the further files. */
  readonly namesSides: boolean;
  /** -wrapper is there. */
  readonly wrapped: boolean;
  /** The compiler proper may run more than once for one source. */
  readonly compilesRepeatedly: boolean;
  /** --config: another file holds arguments. */
  readonly configured: boolean;
  /** What the compiler emits instead of an object or assembly, which changes the ending of an unnamed output. */
  readonly emitsOther: boolean;
  /** Writes the name of the output into another file, whatever the mode: -MJ, as --MD. */
  readonly outputInOtherFile: boolean;
  readonly outputInLinkerFile: boolean;
  /** For Apple's linker: the library or bundle records its own name. */
  readonly ownName: boolean;
  readonly libtool: boolean;
  /** Where arguments can be added: the index of `--`, or the end. */
  readonly endOfOptions: number;
}

/** Options of clang that begin like `-o FILE` and are none. */
const NOT_AN_OUTPUT = /^-(objc|object$)/;

/** Whether `-Wp,` is followed by one of these arguments, separated by commas. */
function passes(option: string, wanted: readonly string[]): boolean {
  if (!option.startsWith('-Wp,')) return false;
  return option
    .slice(4)
    .split(',')
    .some((part) => wanted.includes(part));
}

const NO_FILE: DependencyFile = { path: undefined, prefix: '', suffix: '', argument: -1, ambiguous: false };

/** `-Wp,...,-MD,FILE,...`: gcc takes it wherever it stands, clang only at the beginning and without what follows. */
function preprocessorFile(text: string, argument: number, before: DependencyFile | undefined): DependencyFile {
  const [, first, prefix, path, suffix] = /^(-Wp,((?:[^,]*,)*?)-MM?D,)([^,]*)(.*)$/s.exec(text) ?? [];
  const ambiguous = before !== undefined || prefix !== '';
  return { path, prefix: first ?? '', suffix: suffix ?? '', argument, ambiguous };
}

const isPreprocessedLanguage = (language: string): boolean =>
  !/^(assembler|ir|ast)$/.test(language) && !language.includes('cpp-output');

/** Reads the arguments of a compiler driver, or with `linker` those of ld, whose short options mean other things. */
export function readCompilerCommand(args: readonly Argument[], linker: boolean): CompilerCommand {
  const seen = new Set<string>();
  const sources: string[] = [];
  const sides = new Set<SideKind>();
  let [preprocessed, assembly, debug] = [false, false, false];
  let named: DependencyFile = NO_FILE;
  let passed: DependencyFile | undefined;
  const positionals: string[] = [];
  let output: OutputOption | undefined;
  let language = '';
  let headers = 0;
  let endOfOptions = args.length;
  let mode: CompilerCommand['mode'] = 'link';
  let byDriver = false;

  const namedOutputs: string[] = [];
  /** Who takes the next argument for a file that it writes. */
  const namesNext = new Set<Reader>();
  const namingArgument = (reader: Reader, text: string): void => {
    const found = namesNext.delete(reader) ? { path: text } : namedOutput(reader, text);
    if (found === 'next') namesNext.add(reader);
    else if (found !== undefined) namedOutputs.push(found.path);
  };
  const positional = (path: string): void => {
    const reader = linker ? 'linker' : 'driver';
    if (namesNext.has(reader)) {
      namingArgument(reader, path);
      return;
    }
    positionals.push(path);
    const kind = language === '' ? inputKind(path) : language.includes('header') ? 'header' : 'source';
    if (kind === 'other') return;
    if (sources.length === 0) {
      preprocessed = language === '' ? isPreprocessed(path) : isPreprocessedLanguage(language);
      assembly = language === '' ? isAssembly(path) : language.startsWith('assembler');
    }
    sources.push(path);
    if (kind === 'header') headers++;
  };
  const linkerArgument = (text: string): void => {
    namingArgument('linker', text);
    if (namesOutputElsewhere(text)) seen.add('linker-file');
  };
  const assemblerArgument = (text: string): void => {
    namingArgument('assembler', text);
    if (text === '--MD') seen.add('other-file');
  };
  const side = (text: string): void => {
    const kind = sideKindOf(text);
    if (kind !== undefined) sides.add(kind);
    if (kind !== undefined) seen.add('side');
    // As far as both compilers mean the same by it.
    if (/^-g([23]|gdb[23]?|dwarf.*)?$/s.test(text)) debug = true;
    else if (/^-g([01]|gdb[01]|mlt$|line-)/.test(text)) debug = false;
  };
  const option = (text: string, index: number): void => {
    if (linker) {
      linkerArgument(text);
      if (text === '--version' || text === '--help') mode = 'quiet';
      return;
    }
    if (isQuiet(text)) mode = 'quiet';
    else if (text === '-c' || text === '--compile') mode = mode === 'link' ? 'compile' : mode;
    else if (text === '-S' || text === '--assemble') mode = mode === 'quiet' ? mode : 'assembly';
    else if (/^(-MM?D|--write-(user-)?dependencies)$/.test(text)) byDriver = true;
    else if (passes(text, ['-MD', '-MMD'])) passed = preprocessorFile(text, index, passed);
    else if (/^-M[TQ]/.test(text)) seen.add('dependent');
    else if (text.startsWith('-MF')) named = { ...NO_FILE, path: text.slice(3), prefix: '-MF', argument: index };
    else if (text.startsWith('-Wl,')) for (const part of text.slice(4).split(',')) linkerArgument(part);
    else if (text.startsWith('-Wa,')) for (const part of text.slice(4).split(',')) assemblerArgument(part);
    else if (text.startsWith('-fproc-stat-report')) seen.add('other-file');
    else if (text.startsWith('--config=')) seen.add('configured');
    else if (/^(-fopenmp-targets|--offload)|-save-temps/.test(text)) seen.add('repeated');
    else if (text === '--MD') seen.add('other-file');
    else if (text.startsWith('-flto')) seen.add('lto');
    else if (/^(--?emit-|--precompile$)/.test(text)) seen.add('emits');
    else if (text === '-dynamiclib' || text === '-bundle') seen.add('own-name');
    else if (/^--(mode|tag)=/.test(text)) seen.add('libtool');
    else if (text.startsWith('-x')) language = text === '-xnone' ? '' : text.slice(2);
    else if (text.startsWith('--language=')) language = text === '--language=none' ? '' : text.slice(11);
    namingArgument('driver', text);
    side(text);
    if (isHashedWithName(text)) seen.add('hashed');
    if (isRecorded(text)) seen.add('recorded');
  };
  const optionWithArgument = (text: string, argument: string, index: number): void => {
    if (text === '-o' || text === '--output') output = { path: argument, argument: index, prefix: '' };
    else if (text === '-x' || text === '--language') language = argument === 'none' ? '' : argument;
    else if (text === '-MT' || text === '-MQ') seen.add('dependent');
    else if (text === '-MF') named = { ...NO_FILE, path: argument, argument: index };
    else if (text === '--config') seen.add('configured');
    else if (text === '-wrapper') seen.add('wrapped');
    else if (/^(-dumpdir|-dumpbase|--dump-base)/.test(text)) seen.add('names-sides');
    else if (text === '-arch' || text.startsWith('-Xarch_')) seen.add('repeated');
    else if (text === '-MJ' || text === '-gen-cdb-fragment-path' || text === '-index-store-path') {
      seen.add('other-file');
    } else if (text === '-Xlinker' || text === '--for-linker') linkerArgument(argument);
    else if (/^(-Xassembler|--for-assembler)$/.test(text)) assemblerArgument(argument);
    else if (text === '-Xclang' && argument.startsWith('-emit-')) seen.add('emits');
    namingArgument('driver', text);
    if (namesNext.has('driver')) namingArgument('driver', argument);
  };

  for (let index = 0; index < args.length; index++) {
    const text = args[index]?.text ?? '';
    if (endOfOptions < args.length || text === '-' || !text.startsWith('-')) {
      positional(text);
    } else if (text === '--') {
      endOfOptions = index;
    } else if (takesNext(text)) {
      const argument = args[index + 1]?.text;
      if (argument === undefined) mode = 'quiet'; // the compiler will say what is missing
      if (argument === undefined) break;
      index++;
      optionWithArgument(text, argument, index);
    } else if (text.startsWith('--output=')) {
      output = { path: text.slice(9), argument: index, prefix: '--output=' };
    } else if (text.startsWith('-o') && !NOT_AN_OUTPUT.test(text)) {
      output = { path: text.slice(2), argument: index, prefix: '-o' };
    } else {
      option(text, index);
    }
  }
  return {
    output,
    mode,
    sources,
    header: sources.length > 0 && headers === sources.length,
    positionals,
    dependencies: byDriver ? 'driver' : passed !== undefined ? 'preprocessor' : 'none',
    dependencyFile:
      passed === undefined ? named : { ...passed, ambiguous: passed.ambiguous || byDriver || named.path !== undefined },
    namesDependent: seen.has('dependent'),
    sides,
    sideOutputs: seen.has('side'),
    namedOutputs,
    preprocessed,
    assembly,
    debug,
    namesSides: seen.has('names-sides'),
    wrapped: seen.has('wrapped'),
    compilesRepeatedly: seen.has('repeated'),
    configured: seen.has('configured'),
    hashedWithName: seen.has('hashed'),
    recorded: seen.has('recorded'),
    lto: seen.has('lto'),
    emitsOther: seen.has('emits'),
    outputInOtherFile: seen.has('other-file'),
    outputInLinkerFile: seen.has('linker-file'),
    ownName: seen.has('own-name'),
    libtool: seen.has('libtool'),
    endOfOptions,
  };
}

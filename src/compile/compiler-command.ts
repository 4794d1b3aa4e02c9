import {
  ARGUMENT_OPTION_RULES,
  type ArgumentOption,
  ASSEMBLY_LANGUAGES,
  DRIVER_OPTION_RULES,
  type DriverOption,
  EMITTING_ARGUMENTS,
  FULL_DEBUG,
  HEADER_LANGUAGES,
  LESS_DEBUG,
  NO_OUTPUT_OPTIONS,
  PASSED_DEPENDENCIES,
  QUIET_LINKER_OPTIONS,
  UNPROCESSED_LANGUAGES,
} from '../tables/compiler-options.js';
import { matches, meaningOf, type Pattern } from '../tables/pattern.js';
import type { Reader, SideKind } from '../tables/side-files.js';
import {
  inputKind,
  isAssembly,
  isHashedWithName,
  isPreprocessed,
  isRecorded,
  namesOutputElsewhere,
  takesNext,
} from './compiler-options.js';
import { namedOutput } from './named-outputs.js';
import type { Argument } from './response-file.js';
import { sideKindOf } from './side-files.js';

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

/** Whether `-Wp,` is followed by one of these arguments, separated by commas. */
function passes(option: string, wanted: Pattern): boolean {
  if (!option.startsWith('-Wp,')) return false;
  return option
    .slice(4)
    .split(',')
    .some((part) => matches(part, wanted));
}

/** What was seen, and no more than that has to be known of it. */
type Seen = DriverOption | ArgumentOption | 'linker-file' | 'side' | 'hashed' | 'recorded';

/** What -x sets; empty for what the name of the file says. */
const languageOf = (name: string): string => (name === 'none' ? '' : name);

const NO_FILE: DependencyFile = { path: undefined, prefix: '', suffix: '', argument: -1, ambiguous: false };

/** `-Wp,...,-MD,FILE,...`: gcc takes it wherever it stands, clang only at the beginning and without what follows. */
function preprocessorFile(text: string, argument: number, before: DependencyFile | undefined): DependencyFile {
  const [, first, prefix, path, suffix] = /^(-Wp,((?:[^,]*,)*?)-MM?D,)([^,]*)(.*)$/s.exec(text) ?? [];
  const ambiguous = before !== undefined || prefix !== '';
  return { path, prefix: first ?? '', suffix: suffix ?? '', argument, ambiguous };
}

/** Reads the arguments of a compiler driver, or with `linker` those of ld, whose short options mean other things. */
export function readCompilerCommand(args: readonly Argument[], linker: boolean): CompilerCommand {
  const seen = new Set<Seen>();
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
    const kind = language === '' ? inputKind(path) : matches(language, HEADER_LANGUAGES) ? 'header' : 'source';
    if (kind === 'other') return;
    if (sources.length === 0) {
      preprocessed = language === '' ? isPreprocessed(path) : !matches(language, UNPROCESSED_LANGUAGES);
      assembly = language === '' ? isAssembly(path) : matches(language, ASSEMBLY_LANGUAGES);
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
    if (matches(text, FULL_DEBUG)) debug = true;
    else if (matches(text, LESS_DEBUG)) debug = false;
  };
  const meaning = (text: string, index: number): void => {
    const means = meaningOf(text, DRIVER_OPTION_RULES);
    switch (means) {
      case undefined:
        break;
      case 'quiet':
        mode = 'quiet';
        break;
      case 'compile':
        if (mode === 'link') mode = 'compile';
        break;
      case 'assembly':
        if (mode !== 'quiet') mode = 'assembly';
        break;
      case 'dependencies':
        byDriver = true;
        break;
      case 'dependency-file':
        named = { ...NO_FILE, path: text.slice('-MF'.length), prefix: '-MF', argument: index };
        break;
      case 'linker-arguments':
        for (const part of text.slice('-Wl,'.length).split(',')) linkerArgument(part);
        break;
      case 'assembler-arguments':
        for (const part of text.slice('-Wa,'.length).split(',')) assemblerArgument(part);
        break;
      case 'short-language':
        language = languageOf(text.slice('-x'.length));
        break;
      case 'long-language':
        language = languageOf(text.slice('--language='.length));
        break;
      default:
        seen.add(means);
    }
  };
  const option = (text: string, index: number): void => {
    if (linker) {
      linkerArgument(text);
      if (matches(text, QUIET_LINKER_OPTIONS)) mode = 'quiet';
      return;
    }
    if (passes(text, PASSED_DEPENDENCIES)) passed = preprocessorFile(text, index, passed);
    else meaning(text, index);
    namingArgument('driver', text);
    side(text);
    if (isHashedWithName(text)) seen.add('hashed');
    if (isRecorded(text)) seen.add('recorded');
  };
  const optionWithArgument = (text: string, argument: string, index: number): void => {
    const means = meaningOf(text, ARGUMENT_OPTION_RULES);
    switch (means) {
      case undefined:
        break;
      case 'output':
        output = { path: argument, argument: index, prefix: '' };
        break;
      case 'language':
        language = languageOf(argument);
        break;
      case 'dependency-file':
        named = { ...NO_FILE, path: argument, argument: index };
        break;
      case 'linker-argument':
        linkerArgument(argument);
        break;
      case 'assembler-argument':
        assemblerArgument(argument);
        break;
      case 'clang-argument':
        if (matches(argument, EMITTING_ARGUMENTS)) seen.add('emits-other');
        break;
      default:
        seen.add(means);
    }
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
    } else if (text.startsWith('-o') && !matches(text, NO_OUTPUT_OPTIONS)) {
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
    emitsOther: seen.has('emits-other'),
    outputInOtherFile: seen.has('other-file'),
    outputInLinkerFile: seen.has('linker-file'),
    ownName: seen.has('own-name'),
    libtool: seen.has('libtool'),
    endOfOptions,
  };
}

import {
  hasSideOutputs,
  inputKind,
  isHashedWithName,
  isQuiet,
  isRecorded,
  namesOutputElsewhere,
  takesNext,
} from './compiler-options.js';
import type { Argument } from './response-file.js';

/** Where a command names its output. */
export interface OutputOption {
  readonly path: string;
  /** Index of the argument that ends in the path. */
  readonly argument: number;
  /** What stands before the path in that argument: nothing, `-o` or `--output=`. */
  readonly prefix: string;
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
  /** -MT or -MQ is there. */
  readonly namesDependent: boolean;
  readonly sideOutputs: boolean;
  readonly hashedWithName: boolean;
  readonly recorded: boolean;
  readonly lto: boolean;
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

/** Whether `-Wx,` is followed by one of these arguments, separated by commas. */
function passes(option: string, beginning: string, wanted: readonly string[]): boolean {
  if (!option.startsWith(beginning)) return false;
  return option
    .slice(beginning.length)
    .split(',')
    .some((part) => wanted.includes(part));
}

/** Reads the arguments of a compiler driver, or with `linker` those of ld, whose short options mean other things. */
export function readCompilerCommand(args: readonly Argument[], linker: boolean): CompilerCommand {
  const seen = new Set<string>();
  const sources: string[] = [];
  const positionals: string[] = [];
  let output: OutputOption | undefined;
  let language = '';
  let headers = 0;
  let endOfOptions = args.length;
  let mode: CompilerCommand['mode'] = 'link';
  let [byDriver, byPreprocessor] = [false, false];

  const positional = (path: string): void => {
    positionals.push(path);
    const kind = language === '' ? inputKind(path) : language.includes('header') ? 'header' : 'source';
    if (kind === 'other') return;
    sources.push(path);
    if (kind === 'header') headers++;
  };
  const linkerArgument = (text: string): void => {
    if (namesOutputElsewhere(text)) seen.add('linker-file');
  };
  const option = (text: string): void => {
    if (linker) {
      linkerArgument(text);
      if (text === '--version' || text === '--help') mode = 'quiet';
      return;
    }
    if (isQuiet(text)) mode = 'quiet';
    else if (text === '-c' || text === '--compile') mode = mode === 'link' ? 'compile' : mode;
    else if (text === '-S' || text === '--assemble') mode = mode === 'quiet' ? mode : 'assembly';
    else if (/^(-MM?D|--write-(user-)?dependencies)$/.test(text)) byDriver = true;
    else if (passes(text, '-Wp,', ['-MD', '-MMD'])) byPreprocessor = true;
    else if (/^-M[TQ]/.test(text)) seen.add('dependent');
    else if (text.startsWith('-Wl,')) for (const part of text.split(',')) linkerArgument(part);
    else if (text === '--MD' || passes(text, '-Wa,', ['--MD'])) seen.add('other-file');
    else if (text.startsWith('-flto')) seen.add('lto');
    else if (/^(--?emit-|--precompile$)/.test(text)) seen.add('emits');
    else if (text === '-dynamiclib' || text === '-bundle') seen.add('own-name');
    else if (/^--(mode|tag)=/.test(text)) seen.add('libtool');
    else if (text.startsWith('-x')) language = text === '-xnone' ? '' : text.slice(2);
    else if (text.startsWith('--language=')) language = text === '--language=none' ? '' : text.slice(11);
    if (passes(text, '-Wp,', ['-MT', '-MQ'])) seen.add('dependent');
    if (hasSideOutputs(text)) seen.add('side');
    if (isHashedWithName(text)) seen.add('hashed');
    if (isRecorded(text)) seen.add('recorded');
  };
  const optionWithArgument = (text: string, argument: string, index: number): void => {
    if (text === '-o' || text === '--output') output = { path: argument, argument: index, prefix: '' };
    else if (text === '-x' || text === '--language') language = argument === 'none' ? '' : argument;
    else if (text === '-MT' || text === '-MQ') seen.add('dependent');
    else if (text === '-MJ' || text === '-gen-cdb-fragment-path' || text === '-index-store-path') {
      seen.add('other-file');
    } else if (text === '-Xlinker' || text === '--for-linker') linkerArgument(argument);
    else if (/^(-Xassembler|--for-assembler)$/.test(text) && argument === '--MD') seen.add('other-file');
    else if (text === '-Xclang' && argument.startsWith('-emit-')) seen.add('emits');
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
      option(text);
    }
  }
  return {
    output,
    mode,
    sources,
    header: sources.length > 0 && headers === sources.length,
    positionals,
    dependencies: byDriver ? 'driver' : byPreprocessor ? 'preprocessor' : 'none',
    namesDependent: seen.has('dependent'),
    sideOutputs: seen.has('side'),
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

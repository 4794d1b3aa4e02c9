import { LONGEST_NAME, shortName } from '../locks/index.js';
import * as says from '../tables/messages.js';
import { SIDE_FILES, SIDE_KINDS, type SideKind } from '../tables/side-files.js';
import { OTHER_FILE_SCRIPT } from '../tables/tools.js';
import { type ArchiveCommand, readArchiveCommand, readIndexCommand } from './archive-command.js';
import type { Argv } from './argv.js';
import { type CompilerCommand, readCompilerCommand } from './compiler-command.js';
import { hasMeaningfulEnding } from './compiler-options.js';
import { type Argument, type Expansion, expand, type ReadResponseFile } from './response-file.js';
import { inPlace, namedOutputs, type Side, sidesInPlace, stemOf } from './sides.js';
import { type Tool, toolOf } from './tool.js';

/** How a command of the caller is run so that its output appears whole. `why` is half a sentence. */
export type Plan =
  /** As it is and without a lock: it is no compile, or nothing that can be protected. */
  | { readonly kind: 'unchanged'; readonly why: string; readonly argv?: Argv }
  /** As it is while the lock of the target is held: its output cannot get another name for a while. */
  | Locked
  | Redirection;

export interface Locked {
  readonly kind: 'locked';
  readonly target: string;
  readonly why: string;
  readonly sides?: readonly Side[];
  /** What to run, where that is not the command itself. */
  readonly argv?: Argv;
  /** What the link of the target's name leads to, if that gets the contents. */
  readonly destination?: string;
  /** It runs without the lock where there can be none. */
  readonly lockIsOptional?: true;
}

/** With arguments that make it write the temporary, which is then renamed to the target. */
export interface Redirection {
  readonly kind: 'redirected';
  readonly argv: Argv;
  readonly target: string;
  /** What the link of the target's name leads to, if that gets the contents. */
  readonly destination?: string;
  /** Stands next to the target, because only within a directory is a rename certain to be atomic. */
  readonly temporary: string;
  /** Or in this new directory next to it: whatever else is in it afterwards moves beside the target. */
  readonly directory?: string;
  readonly sides?: readonly Side[];
  /** An archive: what there is of it has to be copied to the temporary first. */
  readonly seeded: boolean;
  /** It may speak of the temporary, and of nothing that has to be seen before it has ended. */
  readonly saysName?: true;
}

/** What makes the name of a temporary unique. */
export interface Unique {
  readonly pid: number | string;
  readonly random: string;
}

/** More than this is left in its response file: a command line has a limit, and compilers copy it once more. */
const MOST_EXPANDED_BYTES = 32_768;

/**
 * How to run a command that takes its output as an appended `-o FILE`. A compiler that writes more than that file runs as by
 * {@link planLaunch}: a dependency file that names the temporary would speak of nothing.
 *
 * @param read, compilers as there
 */
export function planCompile(
  { command, target }: { readonly command: Argv; readonly target: string },
  unique: Unique,
  read: ReadResponseFile,
  compilers = '',
): Redirection {
  const launch = planLaunch([...command, '-o', asOperand(target)], unique, read, compilers);
  if (launch.kind === 'redirected' && (launch.sides?.length || launch.directory !== undefined))
    return { ...launch, target };
  const temporary = besideName(target, unique);
  return { kind: 'redirected', argv: [...command, '-o', temporary], target, temporary, seeded: false };
}

/**
 * How to run a compiler, linker, ar or ranlib whose output is found in its arguments.
 *
 * @param command a program and its arguments, perhaps behind ccache, distcc, env
 * @param read reads response files
 * @param compilers CT_LOCK_COMPILERS: names of programs whose -o may be redirected as a compiler's; `*` for all
 */
export function planLaunch(command: Argv, unique: Unique, read: ReadResponseFile, compilers = ''): Plan {
  const tool = toolOf(command, compilers);
  if (tool === undefined) return unchanged(says.namesNoCompiler);
  const expansion = expand(command, tool.at + 1, read);
  if (tool.kind === 'archiver')
    return planArchive(command, tool, expansion, readArchiveCommand(expansion.args), unique);
  if (tool.kind === 'indexer') return planArchive(command, tool, expansion, readIndexCommand(expansion.args), unique);
  return planCompiler(command, tool, expansion, unique);
}

/** As {@link planLaunch}, where the output is known: the command runs under its lock in any case. */
export function planLink(command: Argv, target: string, unique: Unique, read: ReadResponseFile): Plan {
  const plan = planLaunch(command, unique, read, '*');
  if (plan.kind === 'unchanged') return { kind: 'locked', target, why: plan.why };
  if (!isSamePath(plan.target, target)) return { kind: 'locked', target, why: says.outputIsAnother };
  return { ...plan, target };
}

function planArchive(command: Argv, tool: Tool, expansion: Expansion, archive: ArchiveCommand, unique: Unique): Plan {
  if (archive.kind === 'reads') return unchanged(says.changesNoArchive);
  const target = archive.path;
  if (!isFileName(target)) return unchanged(says.outputIsNoFile);
  if (expansion.opaque) return locked(target, says.opaqueResponseFile);
  const temporary = besideName(target, unique);
  const argv = edited(command, tool, expansion.args, [{ index: archive.argument, replaced: 1, words: [temporary] }]);
  if (argv === undefined) return locked(target, TOO_LONG);
  return { kind: 'redirected', argv, target, temporary, seeded: true, saysName: true };
}

function planCompiler(command: Argv, tool: Tool, { args, opaque }: Expansion, unique: Unique): Plan {
  const line = readCompilerCommand(args, tool.kind === 'linker');
  if (line.mode === 'quiet') return unchanged(says.writesNoProduct);
  const target = line.output?.path ?? (opaque ? undefined : unnamedOutput(line));
  if (target === undefined) return unchanged(says.namesNoOutput);
  if (!isFileName(target)) return unchanged(says.outputIsNoFile);
  if (line.positionals.some((path) => isSamePath(path, target))) return unchanged(says.outputIsInput);
  const single = line.mode !== 'link';
  if (single && line.sources.length > 1) return unchanged(says.severalOutputs);
  // What only calls its output -o, as generators do, may name the output in it, or derive other names from it.
  if (!tool.known && !(single && line.sources.length === 1 && line.output !== undefined))
    return locked(target, says.unknownCompiler);
  if (opaque) return locked(target, says.opaqueResponseFile);
  const why = whyOnlyLocked(line, tool, target);
  if (why !== undefined) return { ...locked(target, why), ...withSides(sidesInPlace(line, target, tool)) };

  const stemmed = single || line.header;
  if (stemmed && stemOf(target) === undefined) return locked(target, says.bareEnding);
  const directory = stemmed && comesInDirectory(line, tool) ? besideName(target, unique) : undefined;
  const beside = stemmed ? besideStem(target, unique, derivesNames(line)) : besideName(target, unique);
  const temporary = directory === undefined ? beside : `${directory}/${target.slice(target.lastIndexOf('/') + 1)}`;
  if (temporary === undefined) return locked(target, says.stemTooLong);
  const changes: Changes = { words: [], edits: [], sides: [] };
  if (stemmed) {
    redirectDependencies(changes, line, tool, target, unique);
    if (directory === undefined) redirectSides(changes, line, tool, target, unique);
  }
  changes.sides.push(...namedOutputs(line));
  const output: Edit =
    line.output === undefined
      ? { index: line.endOfOptions, replaced: 0, words: ['-o', temporary, ...changes.words] }
      : { index: line.output.argument, replaced: 1, words: [line.output.prefix + temporary, ...changes.words] };
  const argv = edited(command, tool, args, [output, ...changes.edits]);
  if (argv === undefined) return { ...locked(target, TOO_LONG), ...withSides(sidesInPlace(line, target, tool)) };
  const where = directory === undefined ? { temporary } : { temporary, directory };
  const naming = stemmed ? {} : ({ saysName: true } as const);
  return { kind: 'redirected', argv, target, ...where, seeded: false, ...naming, ...withSides(changes.sides) };
}

const withSides = (sides: readonly Side[]): { readonly sides?: readonly Side[] } => (sides.length > 0 ? { sides } : {});

/** What a redirection changes besides the output: words to add after it, other arguments, files beside the product. */
interface Changes {
  readonly words: string[];
  readonly edits: Edit[];
  readonly sides: Side[];
}

/** Why the output cannot get another name for a while, if so: other files depend on the name, or name it. */
function whyOnlyLocked(line: CompilerCommand, tool: Tool, target: string): string | undefined {
  if (tool.kind === 'nvcc') return says.nvccNames;
  if (tool.kind === 'libtool' || line.libtool) return says.libtoolWritesSeveral;
  if (line.outputInOtherFile) return says.otherFileNamesOutput;
  if (line.recorded && tool.family !== 'gcc') return says.recordsCommandLine;
  if (line.configured && tool.family !== 'gcc') return says.configurationFile;
  const alone = !line.sides.has('intermediate') && !line.sides.has('dwo');
  if (line.sides.has('dwo-inside') && (tool.family !== 'clang' || !alone)) {
    return says.recordsOutputName;
  }
  if (line.dependencies === 'preprocessor' && tool.family === 'unknown' && !line.namesDependent) {
    return says.unclearPreprocessor;
  }
  if (tool.cached && line.hashedWithName) return says.cacheNeverHits;
  if (line.mode !== 'link') return undefined;
  // Without -c, gcc calls them as those of a link.
  if (line.header) {
    const derives = line.sideOutputs && tool.family !== 'clang' && !comesInDirectory(line, tool);
    return derives ? says.namedAfterOutput : undefined;
  }
  if (line.emitsOther) return says.writesModule;
  if (tool.windows || line.ownName || hasMeaningfulEnding(target)) return says.dependsOnName;
  if (line.outputInLinkerFile) return says.linkerFileNamesOutput;
  if (line.sideOutputs && (line.sources.length > 0 || line.lto)) return says.namedAfterOutput;
  if (line.dependencies !== 'none' && line.sources.length > 0) return says.writesDependencies;
  return undefined;
}

/** Whether the driver has a dependency file written: clang makes -MD -MF of -Wp,-MD. */
function drivesDependencies(line: CompilerCommand, tool: Tool): boolean {
  // Nothing preprocessed, nothing written, and clang warns of every further option about it.
  if (line.sources.length > 0 && !line.preprocessed) return false;
  return line.dependencies === 'driver' || (line.dependencies === 'preprocessor' && tool.family === 'clang');
}

/** Whether names of other files, which cannot be given otherwise, are made of the output's. */
function derivesNames({ sideOutputs, namesSides, dependencyFile }: CompilerCommand): boolean {
  return sideOutputs || namesSides || dependencyFile.ambiguous;
}

/** The dependency file under another name, and in it the name of the target. */
function redirectDependencies(
  changes: Changes,
  line: CompilerCommand,
  tool: Tool,
  target: string,
  unique: Unique,
): void {
  const { dependencyFile: file } = line;
  const driven = drivesDependencies(line, tool);
  if (driven && !line.namesDependent) {
    changes.words.push('-MQ', line.output === undefined ? asObject(target) : target);
  }
  const passed = line.dependencies === 'preprocessor';
  if (!driven && !(passed && line.preprocessed)) return;
  const more = file.path !== undefined && file.suffix !== '';
  // Clang forgets the file when anything follows it.
  const path = passed && driven && more ? undefined : file.path;
  if (path === undefined) {
    const stem = stemOf(target);
    if (file.ambiguous || line.namesSides || stem === undefined) return;
    const own = `${stem}.d`;
    const temporary = besideName(own, unique);
    changes.words.push('-MF', temporary);
    changes.sides.push({ temporary, target: own, speaksOfProduct: true });
    return;
  }
  // A cache takes everything in -Wp, for a part of what it compiles, but for the file alone.
  const fixed = file.ambiguous || !isFileName(path) || (passed && more && tool.cached);
  if (fixed) {
    changes.sides.push({ target: path, speaksOfProduct: true });
    return;
  }
  const temporary = besideName(path, unique);
  changes.edits.push({ index: file.argument, replaced: 1, words: [file.prefix + temporary + file.suffix] });
  changes.sides.push({ temporary, target: path, speaksOfProduct: true });
}

/** Whether all that gcc writes beside the product can come into a directory of its own together with it. */
function comesInDirectory(line: CompilerCommand, tool: Tool): boolean {
  if (tool.family !== 'gcc' || line.namesSides || (line.lto && line.sides.has('intermediate'))) return false;
  return line.sides.size > 0 && [...line.sides].every((kind) => SIDE_FILES[kind].gcc === 'directory');
}

/** What stands beside the product. What cannot be redirected without other bytes is written in place. */
function redirectSides(changes: Changes, line: CompilerCommand, tool: Tool, target: string, unique: Unique): void {
  const byClang =
    tool.family === 'clang' &&
    line.preprocessed &&
    !line.assembly &&
    !tool.cached &&
    !line.namesSides &&
    !line.compilesRepeatedly;
  const byObjcopy = tool.family === 'gcc' && !tool.cached && !tool.distributed && !line.wrapped && !line.namesSides;
  for (const kind of SIDE_KINDS) {
    if (!line.sides.has(kind)) continue;
    const { clang, gcc, emptyIsNone } = SIDE_FILES[kind];
    if (kind === 'dwo-inside') {
      changes.words.push('-Xclang', '-split-dwarf-file', '-Xclang', target);
    } else if (byClang && clang !== undefined && (kind !== 'dwo' || line.debug)) {
      // By options of `clang -cc1`, the last of which counts.
      const { temporary, own } = ending(target, kind, unique);
      const words = clang.endsWith('=') ? [clang + temporary] : [clang, '-Xclang', temporary];
      changes.words.push('-Xclang', ...words);
      changes.sides.push({ temporary, target: own, ...(emptyIsNone ? { emptyIsNone } : {}) });
    } else if (byObjcopy && gcc === 'objcopy' && !ending(target, kind, unique).temporary.includes(',')) {
      // Gcc lets a program start all that it starts itself: a shell that gives objcopy another file to write.
      const { temporary, own } = ending(target, kind, unique);
      changes.words.push('-wrapper', `/bin/sh,-c,${OTHER_FILE_SCRIPT},${temporary}`);
      changes.sides.push({ temporary, target: own });
    } else {
      changes.sides.push(...inPlace(target, kind));
    }
  }
}

function ending(target: string, kind: SideKind, unique: Unique): { readonly own: string; readonly temporary: string } {
  const own = `${stemOf(target)}.${SIDE_FILES[kind].endings[0]}`;
  return { own, temporary: besideName(own, unique) };
}

/** What gcc and clang call the output of one source: in the current directory, with another ending. */
function unnamedOutput({ mode, sources, header, emitsOther }: CompilerCommand): string | undefined {
  const [source] = sources;
  if (mode === 'link' || sources.length !== 1 || source === undefined || header || emitsOther) return undefined;
  const name = source.slice(source.lastIndexOf('/') + 1);
  const stem = stemOf(name);
  if (stem === undefined || name === '-' || name === '') return undefined;
  return `${stem}.${mode === 'assembly' ? 's' : 'o'}`;
}

/** Without `-o`, the dependency file of a.c speaks of a.o even when a.s is made. */
const asObject = (target: string): string => target.replace(/\.s$/, '.o');

/** Words that replace an argument, or stand before it. */
interface Edit {
  readonly index: number;
  readonly replaced: 0 | 1;
  readonly words: readonly string[];
}

/**
 * The command with some arguments replaced, or something inserted before them. Response files stay as they are, unless
 * such an argument stands in one: then their arguments take their place.
 *
 * @returns undefined when that would be too long
 */
function edited(command: Argv, tool: Tool, args: readonly Argument[], edits: readonly Edit[]): Argv | undefined {
  const [program, ...rest] = command;
  const at = ({ index }: Edit): number | undefined => (index === args.length ? command.length : args[index]?.at);
  if (edits.every((edit) => at(edit) !== undefined)) {
    return [program, ...withEdits(rest, (index) => edits.find((edit) => at(edit) === index + 1))];
  }
  const texts = args.map(({ text }) => text);
  const expanded = withEdits(texts, (index) => edits.find((edit) => edit.index === index));
  const bytes = expanded.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  return bytes > MOST_EXPANDED_BYTES ? undefined : [program, ...command.slice(1, tool.at + 1), ...expanded];
}

function withEdits(words: readonly string[], editAt: (index: number) => Edit | undefined): string[] {
  const edited = words.flatMap((word, index) => {
    const edit = editAt(index);
    if (edit === undefined) return [word];
    return edit.replaced === 1 ? edit.words : [...edit.words, word];
  });
  return [...edited, ...(editAt(words.length)?.words ?? [])];
}

/**
 * The name of a temporary whose ending alone differs from the target's: gcc and clang name dependency files, .dwo, .gcno
 * and the like after what stands before the ending.
 *
 * @param derives whether it writes such files. If not, any name will do where this one is too long
 */
function besideStem(target: string, unique: Unique, derives: boolean): string | undefined {
  const path = `${stemOf(target)}.tmp-${unique.pid}-${unique.random}`;
  if (Buffer.byteLength(path.slice(path.lastIndexOf('/') + 1)) <= LONGEST_NAME) return asOperand(path);
  return derives ? undefined : besideName(target, unique);
}

/** Where the name of the target leaves no room for more, its short name takes its place. */
function besideName(target: string, { pid, random }: Unique): string {
  const at = target.lastIndexOf('/') + 1;
  const name = target.slice(at);
  const ending = `.${pid}.${random}.tmp`;
  const fits = Buffer.byteLength(name + ending) <= LONGEST_NAME;
  return asOperand(target.slice(0, at) + (fits ? name : shortName(name)) + ending);
}

/** `-x` would be an option, `@x` a response file. */
const asOperand = (path: string): string => (/^[-@]/.test(path) ? `./${path}` : path);

function isFileName(path: string): boolean {
  return path !== '-' && !/(^|\/)\.{0,2}$/.test(path);
}

/** Whether two paths are the same as written, but for `./` and `//`. */
function isSamePath(one: string, other: string): boolean {
  const plain = (path: string): string => {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    return `${path.startsWith('/') ? '/' : ''}${names.join('/')}`;
  };
  return plain(one) === plain(other);
}

const TOO_LONG = 'its response file is too long to be replaced';
const unchanged = (why: string): Plan => ({ kind: 'unchanged', why });
const locked = (target: string, why: string): Locked => ({ kind: 'locked', target, why });

import { LONGEST_NAME, shortName } from '../locks/index.js';
import { type ArchiveCommand, readArchiveCommand, readIndexCommand } from './archive-command.js';
import type { Argv } from './command.js';
import { type CompilerCommand, readCompilerCommand } from './compiler-command.js';
import { hasMeaningfulEnding } from './compiler-options.js';
import { type Argument, type Expansion, expand, type ReadResponseFile } from './response-file.js';
import { type Tool, toolOf } from './tool.js';

/** How a command that somebody else composed is run so that its output appears whole. `why` is half a sentence. */
export type Plan =
  /** As it is and without a lock: it is no compile, or nothing that can be protected. */
  | { readonly kind: 'unchanged'; readonly why: string }
  /** As it is while the lock of the target is held: its output cannot get another name for a while. */
  | { readonly kind: 'locked'; readonly target: string; readonly why: string }
  | Redirection;

/** With arguments that make it write the temporary, which is then renamed to the target. */
export interface Redirection {
  readonly kind: 'redirected';
  readonly argv: Argv;
  readonly target: string;
  /** Stands next to the target, because only within a directory is a rename certain to be atomic. */
  readonly temporary: string;
  /** An archive: what there is of it has to be copied to the temporary first. */
  readonly seeded: boolean;
}

/** What makes the name of a temporary one that nobody else uses. */
export interface Unique {
  readonly pid: number | string;
  readonly random: string;
}

/** More than this is left in its response file: a command line has a limit, and compilers copy it once more. */
const MOST_EXPANDED_BYTES = 32_768;

/** How to run a command that takes its output as an appended `-o FILE`. */
export function planCompile(command: Argv, target: string, unique: Unique): Redirection {
  const temporary = besideName(target, unique);
  return { kind: 'redirected', argv: [...command, '-o', temporary], target, temporary, seeded: false };
}

/**
 * How to run a compiler, linker, ar or ranlib whose output is found in its arguments.
 *
 * @param command a program and its arguments, perhaps behind ccache, distcc, env
 * @param read reads response files
 */
export function planLaunch(command: Argv, unique: Unique, read: ReadResponseFile): Plan {
  const tool = toolOf(command);
  if (tool === undefined) return unchanged('it names no compiler');
  const expansion = expand(command, tool.at + 1, read);
  if (tool.kind === 'archiver')
    return planArchive(command, tool, expansion, readArchiveCommand(expansion.args), unique);
  if (tool.kind === 'indexer') return planArchive(command, tool, expansion, readIndexCommand(expansion.args), unique);
  return planCompiler(command, tool, expansion, unique);
}

/** As {@link planLaunch}, where the output is known: the command runs under its lock in any case. */
export function planLink(command: Argv, target: string, unique: Unique, read: ReadResponseFile): Plan {
  const plan = planLaunch(command, unique, read);
  if (plan.kind === 'unchanged') return { kind: 'locked', target, why: plan.why };
  if (!isSamePath(plan.target, target)) return { kind: 'locked', target, why: 'its output is another file' };
  return { ...plan, target };
}

function planArchive(command: Argv, tool: Tool, expansion: Expansion, archive: ArchiveCommand, unique: Unique): Plan {
  if (archive.kind === 'reads') return unchanged('it changes no archive, or more than one');
  const target = archive.path;
  if (!isFileName(target)) return unchanged('its output is no file');
  if (expansion.opaque) return locked(target, OPAQUE);
  const temporary = besideName(target, unique);
  const argv = edit(command, tool, expansion.args, archive.argument, [temporary]);
  return argv === undefined ? locked(target, TOO_LONG) : { kind: 'redirected', argv, target, temporary, seeded: true };
}

function planCompiler(command: Argv, tool: Tool, { args, opaque }: Expansion, unique: Unique): Plan {
  const line = readCompilerCommand(args, tool.kind === 'linker');
  if (line.mode === 'quiet') return unchanged('it writes no object, library or program');
  const target = line.output?.path ?? (opaque ? undefined : unnamedOutput(line));
  if (target === undefined) return unchanged('it names no output');
  if (!isFileName(target)) return unchanged('its output is no file');
  if (line.positionals.some((path) => isSamePath(path, target))) return unchanged('its output is one of its inputs');
  const single = line.mode !== 'link';
  if (single && line.sources.length > 1) return unchanged('it has several outputs');
  const why = opaque ? OPAQUE : whyOnlyLocked(line, tool, target);
  if (why !== undefined) return locked(target, why);

  const temporary =
    single || line.header ? besideStem(target, unique, derivesNames(line, args)) : besideName(target, unique);
  if (temporary === undefined)
    return locked(target, /^(?:.*\/)?\.[^./]*$/s.test(target) ? BARE_ENDING : TOO_LONG_A_STEM);
  const named = namesNoDependent(line, tool) ? ['-MQ', line.output === undefined ? asObject(target) : target] : [];
  const argv =
    line.output === undefined
      ? edit(command, tool, args, line.endOfOptions, ['-o', temporary, ...named], 0)
      : edit(command, tool, args, line.output.argument, [line.output.prefix + temporary, ...named]);
  return argv === undefined ? locked(target, TOO_LONG) : { kind: 'redirected', argv, target, temporary, seeded: false };
}

/** Why the output cannot get another name for a while, if so: other files depend on the name, or name it. */
function whyOnlyLocked(line: CompilerCommand, tool: Tool, target: string): string | undefined {
  if (tool.kind === 'nvcc') return 'nvcc names its intermediate files after the output';
  if (tool.kind === 'libtool' || line.libtool) return 'libtool writes several files';
  if (line.outputInOtherFile) return 'another file that it writes names the output';
  if (line.recorded && tool.family !== 'gcc') return 'it records its command line in the output';
  if (line.dependencies === 'preprocessor' && tool.family === 'unknown' && !line.namesDependent) {
    return 'gcc and clang differ in what -Wp,-MD names, and which one this is cannot be seen';
  }
  if (tool.cached && line.hashedWithName) return 'the cache would never hit with another name';
  if (line.mode !== 'link' || line.header) return undefined;
  if (line.emitsOther) return 'it writes a module';
  if (tool.windows || line.ownName || hasMeaningfulEnding(target)) return 'its output depends on the name';
  if (line.outputInLinkerFile) return 'another file that the linker writes names the output';
  if (line.sideOutputs && (line.sources.length > 0 || line.lto)) return 'it writes files named after the output';
  if (line.dependencies !== 'none' && line.sources.length > 0) return 'it writes a dependency file for the output';
  return undefined;
}

/** Whether the dependency file would name the temporary as what depends. */
function namesNoDependent(line: CompilerCommand, tool: Tool): boolean {
  if (line.namesDependent || (line.mode === 'link' && !line.header)) return false;
  // Clang makes -MD -MF of -Wp,-MD; the preprocessor of gcc knows no output and names the source with .o.
  return line.dependencies === 'driver' || (line.dependencies === 'preprocessor' && tool.family === 'clang');
}

/** Whether names of other files are made of the output's. */
function derivesNames(line: CompilerCommand, args: readonly Argument[]): boolean {
  if (line.sideOutputs) return true;
  return line.dependencies !== 'none' && !args.some(({ text }) => text.startsWith('-MF'));
}

/** What gcc and clang call the output of one source: in the current directory, with another ending. */
function unnamedOutput({ mode, sources, header, emitsOther }: CompilerCommand): string | undefined {
  const [source] = sources;
  if (mode === 'link' || sources.length !== 1 || source === undefined || header || emitsOther) return undefined;
  const name = source.slice(source.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot === 0 || name === '-' || name === '') return undefined;
  return `${dot < 0 ? name : name.slice(0, dot)}.${mode === 'assembly' ? 's' : 'o'}`;
}

/** Without `-o`, the dependency file of a.c speaks of a.o even when a.s is made. */
const asObject = (target: string): string => target.replace(/\.s$/, '.o');

/**
 * The command with the argument of that index replaced, or something inserted before it. Response files stay as they
 * are, unless the argument stands in one: then its arguments take their place.
 *
 * @returns undefined when that would be too long
 */
function edit(
  command: Argv,
  tool: Tool,
  args: readonly Argument[],
  index: number,
  replacement: readonly string[],
  replaced = 1,
): Argv | undefined {
  const [program] = command;
  const at = index === args.length ? command.length : args[index]?.at;
  if (at !== undefined) return [program, ...command.slice(1, at), ...replacement, ...command.slice(at + replaced)];
  const texts = args.map(({ text }) => text);
  const expanded = [...texts.slice(0, index), ...replacement, ...texts.slice(index + replaced)];
  const bytes = expanded.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  return bytes > MOST_EXPANDED_BYTES ? undefined : [program, ...command.slice(1, tool.at + 1), ...expanded];
}

/**
 * The name of a temporary whose ending alone differs from the target's: gcc and clang name dependency files, .dwo, .gcno
 * and the like after what stands before the ending.
 *
 * @param derives whether it writes such files. If not, any name will do where this one is too long
 */
function besideStem(target: string, unique: Unique, derives: boolean): string | undefined {
  const name = target.lastIndexOf('/') + 1;
  const dot = target.lastIndexOf('.');
  if (dot === name) return undefined; // for gcc, .foo has no ending
  const path = `${dot < name ? target : target.slice(0, dot)}.tmp-${unique.pid}-${unique.random}`;
  if (Buffer.byteLength(path.slice(name)) <= LONGEST_NAME) return asOperand(path);
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

const BARE_ENDING = 'the name of its output is nothing but an ending';
const TOO_LONG_A_STEM = 'the name of its output is too long for a temporary that other files are named after';
const OPAQUE = 'a response file cannot be looked through';
const TOO_LONG = 'its response file is too long to be replaced';
const unchanged = (why: string): Plan => ({ kind: 'unchanged', why });
const locked = (target: string, why: string): Plan => ({ kind: 'locked', target, why });

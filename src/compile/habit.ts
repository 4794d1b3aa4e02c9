import { CHOSEN_LINKERS, EXTERNAL_ASSEMBLER, GNU_LINKERS } from '../tables/compiler-options.js';
import { matches } from '../tables/pattern.js';
import { REPLACING_LINKERS } from '../tables/tools.js';
import type { Argv } from './argv.js';
import { readCompilerCommand } from './compiler-command.js';
import { type Argument, expand, type ReadResponseFile } from './response-file.js';
import { toolOf } from './tool.js';

/** What a tool does with what has the name of its output already, as strace(1) shows of binutils 2.40, gcc 12 and clang 14. */
export interface Habit {
  readonly kind: /** Clang, lld: they write another file and rename it. */
    | 'replaces'
    /** As, ld, gold: they remove a file that is not empty, or the link to it, and write into what they find then. */
    | 'removes-filled'
    /** The compiler proper of gcc, ar: they write into the file, whatever names it has. */
    | 'writes';
  /** Whether that can be told from the command; else it may also be `replaces`. */
  readonly certain: boolean;
}

/** The habit of the tool that writes the output of a command. */
export function habitOf(command: Argv, read: ReadResponseFile): Habit {
  const tool = toolOf(command, '');
  if (tool === undefined) return { kind: 'writes', certain: false };
  if (tool.kind === 'archiver' || tool.kind === 'indexer') return { kind: 'writes', certain: true };
  if (tool.kind === 'linker') {
    const name = command[tool.at] ?? '';
    const other = matches(name.slice(name.lastIndexOf('/') + 1), REPLACING_LINKERS);
    return { kind: other ? 'replaces' : 'removes-filled', certain: true };
  }
  const { args, opaque } = expand(command, tool.at + 1, read);
  const line = readCompilerCommand(args, false);
  const links = line.mode === 'link' && !line.header;
  const another = choosesAnother(args, links);
  const certain = !opaque && !another && (tool.family === 'gcc' || (tool.family === 'clang' && !links));
  if (!links && tool.family === 'clang' && !another) return { kind: 'replaces', certain };
  const writes = !links && (line.mode === 'assembly' || line.header);
  return { kind: writes ? 'writes' : 'removes-filled', certain };
}

/** Whether the command chooses another assembler or linker than the usual one of its compiler. */
function choosesAnother(args: readonly Argument[], links: boolean): boolean {
  return args.some(({ text }) =>
    links ? matches(text, CHOSEN_LINKERS) && !matches(text, GNU_LINKERS) : matches(text, EXTERNAL_ASSEMBLER),
  );
}

import type { Argument } from './response-file.js';

export type ArchiveCommand =
  /** The archive that is made or changed: the index of the argument that names it. */
  { readonly kind: 'changes'; readonly argument: number; readonly path: string } | { readonly kind: 'reads' };

const READS: ArchiveCommand = { kind: 'reads' };
const SEPARATE = new Set(['--plugin', '--target', '--output', '--record-libdeps', '--format', '-format']);
/** `-X32_64` for AIX, and `-format=gnu` of llvm-ar: no key letters. */
const NO_LETTERS = /^-(X|format=)/;

/**
 * Reads the arguments of ar: `[options] [-]LETTERS [MEMBER] [COUNT] ARCHIVE FILE...`. What lists, prints and extracts
 * only reads the archive; so does, for us, what cannot be told apart.
 */
export function readArchiveCommand(args: readonly Argument[]): ArchiveCommand {
  let letters = '';
  const words: number[] = [];
  for (let index = 0; index < args.length; index++) {
    const text = args[index]?.text ?? '';
    if (text === '--version' || text === '--help') return READS;
    if (SEPARATE.has(text)) index++;
    else if (text.startsWith('--') || NO_LETTERS.test(text)) continue;
    else if (text.startsWith('-')) letters += text.slice(1);
    else if (!/[dmpqrstx]/.test(letters) && words.length === 0) letters += text;
    else words.push(index);
  }
  // `l` takes an argument in newer versions and none in older ones; M reads a script, V and h tell about ar.
  if (!/[dmqrs]/.test(letters) || /[tpxlMVh]/.test(letters)) return READS;
  const before = (/[abi]/.test(letters) ? 1 : 0) + (letters.includes('N') ? 1 : 0);
  return changes(args, words[before]);
}

/** Reads the arguments of ranlib, which changes the archives that it names. */
export function readIndexCommand(args: readonly Argument[]): ArchiveCommand {
  const words: number[] = [];
  for (let index = 0; index < args.length; index++) {
    const text = args[index]?.text ?? '';
    if (text === '--plugin') index++;
    else if (/^(--|-.*[vVhH])/s.test(text)) return READS;
    else if (!text.startsWith('-')) words.push(index);
  }
  return words.length === 1 ? changes(args, words[0]) : READS;
}

function changes(args: readonly Argument[], argument: number | undefined): ArchiveCommand {
  const path = argument === undefined ? undefined : args[argument]?.text;
  return argument === undefined || path === undefined ? READS : { kind: 'changes', argument, path };
}

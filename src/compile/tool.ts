import { matches, meaningOf } from '../tables/pattern.js';
import {
  CACHES,
  COMPILER_NAMES,
  DISTRIBUTORS,
  FAMILIES,
  KINDS_BY_END,
  KINDS_BY_NAME,
  KINDS_BY_UNVERSIONED,
  LAUNCHERS,
  type ToolFamily,
  type ToolKind,
  WINDOWS_NAMES,
} from '../tables/tools.js';

/** The program that does the work, behind ccache, env and the like. */
export interface Tool {
  /** Its index in the command. */
  readonly at: number;
  readonly kind: ToolKind;
  /** Which compiler its name promises: `cc` and wrappers promise none. */
  readonly family: ToolFamily;
  /** It links for Windows, so adds an ending of its own to outputs without one. */
  readonly windows: boolean;
  /** One of the launchers before it caches objects. */
  readonly cached: boolean;
  /** One of them sends the work to other hosts. */
  readonly distributed: boolean;
  /** Its name is that of a compiler or linker, or CT_LOCK_COMPILERS names it. */
  readonly known: boolean;
}

/**
 * Finds the tool of a command; undefined when launchers are all there is (`ccache -s`).
 *
 * @param compilers CT_LOCK_COMPILERS: names of further compilers, separated by blanks; `*` for all
 */
export function toolOf(command: readonly string[], compilers: string): Tool | undefined {
  let [cached, distributed] = [false, false];
  let behindLauncher = false;
  for (const [at, word] of command.entries()) {
    // Options, assignments and numbers of a launcher: `env -i A=b`, `nice -n 10`, `timeout 5m`.
    if (behindLauncher && (/^[-\d]/.test(word) || word.includes('='))) continue;
    const name = word.slice(word.lastIndexOf('/') + 1);
    if (!matches(name, LAUNCHERS)) return { ...describe(name, compilers), at, cached, distributed };
    behindLauncher = true;
    if (matches(name, DISTRIBUTORS)) distributed = true;
    if (matches(name, CACHES)) cached = true;
  }
  return undefined;
}

function describe(name: string, compilers: string): Pick<Tool, 'kind' | 'family' | 'windows' | 'known'> {
  const family = meaningOf(name, FAMILIES) ?? 'unknown';
  const kind = kindOf(name);
  const known = kind !== 'compiler' || family !== 'unknown' || isKnown(name, compilers);
  return { kind, family, windows: matches(name, WINDOWS_NAMES), known };
}

function isKnown(name: string, compilers: string): boolean {
  if (matches(lastPart(withoutVersion(name)), COMPILER_NAMES) || matches(lastPart(name), COMPILER_NAMES)) return true;
  const called = compilers.split(/[ \t\n]+/);
  return called.includes('*') || (name !== '' && called.includes(name));
}

/** `x86_64-linux-gnu-gcc-ar-12` without its version, then without its triplet. */
const withoutVersion = (name: string): string => name.replace(/[-.0-9]+$/, '');
const lastPart = (name: string): string => name.slice(name.lastIndexOf('-') + 1);

function kindOf(name: string): ToolKind {
  const bare = withoutVersion(name);
  return (
    meaningOf(lastPart(bare), KINDS_BY_END) ??
    meaningOf(name, KINDS_BY_NAME) ??
    meaningOf(bare, KINDS_BY_UNVERSIONED) ??
    'compiler'
  );
}

import { isCompilerName, isLauncher } from './compiler-options.js';

/** The program that does the work, behind ccache, env and the like. */
export interface Tool {
  /** Its index in the command. */
  readonly at: number;
  readonly kind: 'compiler' | 'linker' | 'archiver' | 'indexer' | 'libtool' | 'nvcc';
  /** Which compiler its name promises: `cc` and wrappers promise none. */
  readonly family: 'gcc' | 'clang' | 'unknown';
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
    if (!isLauncher(name)) return { ...describe(name, compilers), at, cached, distributed };
    behindLauncher = true;
    if (name === 'distcc' || name === 'icecc') distributed = true;
    if (name === 'ccache' || name === 'sccache') cached = true;
  }
  return undefined;
}

function describe(name: string, compilers: string): Pick<Tool, 'kind' | 'family' | 'windows' | 'known'> {
  const family = /clang/.test(name) ? 'clang' : /gcc|g\+\+|gfortran/.test(name) ? 'gcc' : 'unknown';
  const kind = kindOf(name);
  const known = kind !== 'compiler' || family !== 'unknown' || isKnown(name, compilers);
  return { kind, family, windows: /mingw|cygwin/.test(name), known };
}

function isKnown(name: string, compilers: string): boolean {
  if (isCompilerName(lastPart(withoutVersion(name))) || isCompilerName(lastPart(name))) return true;
  const called = compilers.split(/[ \t\n]+/);
  return called.includes('*') || (name !== '' && called.includes(name));
}

/** `x86_64-linux-gnu-gcc-ar-12` without its version, then without its triplet. */
const withoutVersion = (name: string): string => name.replace(/[-.0-9]+$/, '');
const lastPart = (name: string): string => name.slice(name.lastIndexOf('-') + 1);

function kindOf(name: string): Tool['kind'] {
  const bare = withoutVersion(name);
  const last = lastPart(bare);
  if (last === 'ar') return 'archiver';
  if (last === 'ranlib') return 'indexer';
  if (last === 'ld' || last === 'lld' || name.startsWith('ld.') || name.includes('-ld.')) return 'linker';
  if (last === 'libtool' || bare === 'libtool.sh') return 'libtool';
  return last === 'nvcc' ? 'nvcc' : 'compiler';
}

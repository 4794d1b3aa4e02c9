import { isLauncher } from './compiler-options.js';

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
}

/** Finds the tool of a command; undefined when launchers are all there is (`ccache -s`). */
export function toolOf(command: readonly string[]): Tool | undefined {
  let cached = false;
  let behindLauncher = false;
  for (const [at, word] of command.entries()) {
    // Options, assignments and numbers of a launcher: `env -i A=b`, `nice -n 10`, `timeout 5m`.
    if (behindLauncher && (/^[-\d]/.test(word) || word.includes('='))) continue;
    const name = word.slice(word.lastIndexOf('/') + 1);
    if (!isLauncher(name)) return describe(name, at, cached);
    behindLauncher = true;
    if (name === 'ccache' || name === 'sccache') cached = true;
  }
  return undefined;
}

function describe(name: string, at: number, cached: boolean): Tool {
  const family = /clang/.test(name) ? 'clang' : /gcc|g\+\+|gfortran/.test(name) ? 'gcc' : 'unknown';
  return { at, kind: kindOf(name), family, windows: /mingw|cygwin/.test(name), cached };
}

function kindOf(name: string): Tool['kind'] {
  // x86_64-linux-gnu-gcc-ar-12 is an ar.
  const bare = name.replace(/[-.0-9]+$/, '');
  const last = bare.slice(bare.lastIndexOf('-') + 1);
  if (last === 'ar') return 'archiver';
  if (last === 'ranlib') return 'indexer';
  if (last === 'ld' || last === 'lld' || name.startsWith('ld.') || name.includes('-ld.')) return 'linker';
  if (last === 'libtool' || bare === 'libtool.sh') return 'libtool';
  return last === 'nvcc' ? 'nvcc' : 'compiler';
}

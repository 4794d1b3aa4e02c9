/** Who reads an argument: the driver itself, or the tool that it passes the argument to. */
export type Reader = 'driver' | 'assembler' | 'linker';

interface NamingOptions {
  /** Their next argument is the file. */
  readonly names: readonly string[];
  /** What stands behind their first `=` is the file. */
  readonly beginnings: readonly string[];
}

/** The same tables stand in native/named_outputs.c. */
const NAMING: Readonly<Record<Reader, NamingOptions>> = {
  driver: {
    names: ['-MJ', '-aux-info', '-serialize-diagnostics', '--serialize-diagnostics', '-dependency-dot', '--MD'],
    beginnings: [
      '-foptimization-record-file=',
      '-fprofile-note=',
      '-ftime-trace=',
      '-fmodule-output=',
      '-fproc-stat-report=',
      '-fdeps-file=',
      '-fdump-',
      '-fopt-info',
    ],
  },
  assembler: { names: ['--MD'], beginnings: ['--MD='] },
  // With one dash; it takes two as well.
  linker: {
    names: ['-Map', '-dependency-file', '-out-implib'],
    beginnings: ['-Map=', '-dependency-file=', '-out-implib=', '-pdb=', '-time-trace='],
  },
};

/** The assembler's listing, with letters for what is in it. */
const LISTING = /^-a[cdghilmns]*=/;

/** For tests. */
export const NAMING_OPTIONS: readonly string[] = Object.values(NAMING).flatMap(({ names, beginnings }) => [
  ...names,
  ...beginnings,
]);

/**
 * The file that an option names as one to write, besides -o and the dependency file: a map, a listing, diagnostics.
 *
 * @returns 'next' when the argument that follows for the same reader is that file; undefined when it names none
 */
export function namedOutput(reader: Reader, given: string): { readonly path: string } | 'next' | undefined {
  const option = reader === 'linker' ? given.replace(/^--/, '-') : given;
  const { names, beginnings } = NAMING[reader];
  if (names.includes(option)) return 'next';
  const listing = reader !== 'linker' && LISTING.test(option);
  if (!listing && !beginnings.some((beginning) => option.startsWith(beginning))) return undefined;
  const path = /=(.+)$/s.exec(option)?.[1];
  return path === undefined ? undefined : { path };
}

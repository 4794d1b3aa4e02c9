import type { Entry, Seen } from './entry.js';

const HEAD = `# Projects as they are, side by side with ctest

Each line is a project that \`test/system/corpus\` makes. Its test runs \`ctest -M Experimental -T Start -T Update -T Build -T Test\` and
\`stagelock --build-dir DIR run -M Experimental\` (Nightly for nights) on two copies and compares the tag, the revisions and files of
\`Update.xml\`, how many errors and warnings \`Build.xml\` has, which tests passed, failed and did not run, and whether all of it is
green. This page is made of what the test compares.
`;

/** The page on what moves over from CTest, and what differs. */
export function tableOf(corpus: Readonly<Record<string, readonly Entry[]>>): string {
  return `${[HEAD, ...Object.entries(corpus).map(([title, entries]) => section(title, entries))].join('\n')}`;
}

function section(title: string, entries: readonly Entry[]): string {
  const rows = entries.map(({ shape, seen, differs }) => [
    shape,
    describe(seen),
    differs ? difference(differs) : 'the same',
  ]);
  const all = [['', 'ctest', 'stagelock'], ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [head = [], ...others] = all;
  return `## ${title}\n\n${[line(head), rule, ...others.map(line)].join('\n')}\n`;
}

function difference({ because, ...seen }: NonNullable<Entry['differs']>): string {
  const what = describe(seen);
  return what === '' ? because : `${what}: ${because}`;
}

function describe({
  verdict,
  files,
  errors = 0,
  warnings = 0,
  passed = [],
  failed = [],
  notRun = [],
}: Partial<Seen>): string {
  const counts = [
    files === undefined ? '' : plural(files.length, 'file'),
    errors === 0 ? '' : plural(errors, 'error'),
    warnings === 0 ? '' : plural(warnings, 'warning'),
    passed.length === 0 ? '' : `${passed.length} passed`,
    failed.length === 0 ? '' : `${failed.length} failed`,
    notRun.length === 0 ? '' : `${notRun.length} not run`,
  ];
  return [verdict, ...counts].filter((text) => text !== '' && text !== undefined).join(', ');
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

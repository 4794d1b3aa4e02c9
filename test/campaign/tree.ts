/** What a commit of the campaign consists of, and what a reader of the tree makes of it. Pure. */

const FILES = 40;
const LINES = 20;

/**
 * All files of commit `number`: forty whose every line names the commit, and one for each commit so far, which tells in an
 * `Update.xml` which commits it reports.
 */
export function treeOf(number: number): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (let index = 0; index < FILES; index++) files.set(pathOf(index), `${number}\n`.repeat(LINES));
  for (let commit = 1; commit <= number; commit++) files.set(commitFile(commit), `${commit}\n`);
  return files;
}

/** The file that commit `number` adds. */
export function commitFile(number: number): string {
  return `c${number}`;
}

/**
 * The shell function `look` writes how many lines of which commit the tree has, and how many commits: {@link wholeView}.
 * Where what looks is killed, the shell ends, since it has seen nothing.
 */
export const LOOK = `look() {
  lines=$(cd "$STAGELOCK_SOURCE" && cat f* lib/f* 2>/dev/null); [ $? -lt 128 ] || exit 1
  names=$(ls "$STAGELOCK_SOURCE" 2>/dev/null); [ $? -lt 128 ] || exit 1
  counts=$(echo "$lines" | sort | uniq -c) ; [ $? -lt 128 ] || exit 1
  view=
  while read -r count commit; do view="$view\${count}x$commit,"; done <<END
$counts
END
  commits=0
  for name in $names; do case $name in c[0-9]*) commits=$((commits + 1)) ;; esac; done
  echo "$view$commits"
}`;

/** What a reader sees of the whole commit and nothing else. */
export function wholeView(number: number): string {
  return `${FILES * LINES}x${number},${number}`;
}

/** The commit that a view shows; undefined when it is a mixture or torn. */
export function commitOfView(view: string): number | undefined {
  const number = Number(/,(\d+)$/.exec(view)?.[1]);
  return view === wholeView(number) ? number : undefined;
}

/** The commits that an `Update.xml` reports, in order. */
export function reportedCommits(xml: string): number[] {
  const names = [...xml.matchAll(/<FullName>(?:[^<]*\/)?c(\d+)<\/FullName>/g)];
  return names.map((match) => Number(match[1])).sort((a, b) => a - b);
}

/** The revision of the tree that an `Update.xml` names; undefined for CVS, which has none. */
export function namedRevision(xml: string): string | undefined {
  return /^\t<Revision>([^<]*)<\/Revision>/m.exec(xml)?.[1];
}

function pathOf(index: number): string {
  const name = `f${String(index).padStart(2, '0')}`;
  return index < FILES / 2 ? name : `lib/${name}`;
}

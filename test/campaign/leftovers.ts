import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from './repository.js';
import { BUILDS, PRIMARY } from './schedule.js';

/** What may be there when all runs have ended well. Everything else is debris that no list explains. Pure but for reading. */

const TAG = String.raw`\d{8}-\d{4}(-\d+)?`;

const BELOW_TESTING = [
  'TAG',
  'Failures/\\d{8}-\\d{4}-[0-9a-f]{16}\\.json',
  'History.jsonl',
  'BuildId',
  `${TAG}/(Update|Configure|Build|Test|Done)\\.xml`,
  `Temporary/Last[A-Z][a-z]+_${TAG}\\.log`,
  'Temporary/(LastUpdate\\.xml|Warnings\\.json|StageDurations\\.json|\\.lock-strategy)',
  'Temporary/protocol\\.(lock|lockdir)',
  'Spool/.*',
];

const BELOW_TESTING_OF_PRIMARY = [
  'Updates/\\d{8}\\.json',
  'Updates/(source-claim|proof)\\.json',
  'Updates/cursors/(main|s[123])\\.json',
  'Updates/cvs/([0-9a-f]{40}|contents)\\.json',
];

/** Temporaries that the systems themselves tidy up, some day. */
const ADMINISTRATIVE: Readonly<Record<System, { readonly directory: string; readonly wrong: readonly string[] }>> = {
  git: {
    directory: '.git',
    wrong: ['(?!stagelock-primary\\.json\\.).*\\.lock', 'MERGE_.*', 'AUTO_MERGE', 'CHERRY_PICK_HEAD', 'rebase-.*'],
  },
  svn: { directory: '.svn', wrong: ['lock', 'tmp/.+'] },
  hg: {
    directory: '.hg',
    wrong: ['wlock', 'store/lock', 'updatestate', 'store/journal.*', 'merge/.*', 'graftstate', 'unshelverebasestate'],
  },
  cvs: { directory: 'CVS', wrong: ['Entries\\.(Backup|Log)', '#cvs.*', 'Baserev.*tmp'] },
};

/** Files of ours that were temporary, wherever they are: `.PID.RANDOM.tmp`. */
const TEMPORARY = /(^|\/)[^/]*\.tmp$/;

/** Files that no list explains. @param directories of the builds */
export function unexplained(directories: ReadonlyMap<string, string>, source: string, system: System): string[] {
  const ofBuilds = BUILDS.flatMap((build) => {
    const testing = join(directories.get(build) ?? '', 'Testing');
    const known = build === PRIMARY ? [...BELOW_TESTING, ...BELOW_TESTING_OF_PRIMARY] : BELOW_TESTING;
    return filesBelow(testing).flatMap((file) => (matches(known, file) ? [] : [join(testing, file)]));
  });
  const { directory, wrong } = ADMINISTRATIVE[system];
  const administrative = join(source, directory);
  const ofSystem = filesBelow(administrative).flatMap((file) =>
    matches(wrong, file) || (TEMPORARY.test(file) && !file.startsWith('objects/')) ? [join(administrative, file)] : [],
  );
  return [...ofBuilds, ...ofSystem];
}

/** In what a tree differs from what was exported, but for the system's own directories. */
export function differences(source: string, exported: string, system: System): string[] {
  const own = new RegExp(`(^|/)(${ADMINISTRATIVE[system].directory.replace('.', '\\.')}|\\.hgtags)(/|$)`);
  const files = (root: string): string[] => filesBelow(root).filter((file) => !own.test(file));
  const [there, wanted] = [files(source), new Set(files(exported))];
  const surplus = there.filter((file) => !wanted.has(file)).map((file) => `surplus: ${file}`);
  const different = [...wanted].filter((file) => !there.includes(file) || !sameText(source, exported, file));
  return [...surplus, ...different.map((file) => `different: ${file}`)];
}

function sameText(source: string, exported: string, file: string): boolean {
  return readFileSync(join(source, file)).equals(readFileSync(join(exported, file)));
}

function matches(patterns: readonly string[], file: string): boolean {
  return patterns.some((pattern) => new RegExp(`^(${pattern})$`).test(file));
}

/** Paths of everything that is no directory, links included, relative and sorted. */
function filesBelow(directory: string, prefix = ''): string[] {
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return [];
  const entries: Dirent[] = readdirSync(join(directory, prefix), { withFileTypes: true });
  return entries
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(directory, `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
    )
    .sort();
}

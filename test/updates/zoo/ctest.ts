import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemName } from '../../../src/updates/record.js';
import { filesIn } from '../systems/broken.js';
import { readUpdate } from '../systems/ctest.js';
import { outcomeIn, type State } from './state.js';
import { type Files, World } from './world.js';

/**
 * What `ctest -D ExperimentalUpdate` makes of a state, as it shows in the tree that its build would read: `right`, the newest revision but
 * for the local changes that `Update.xml` lists; `told`, anything else, and ctest says that something went wrong; `wrong`, the same,
 * and ctest ends with 0 and says nothing.
 */
export type Verdict = 'right' | 'told' | 'wrong';

const COMMANDS: Readonly<Record<SystemName, string>> = { git: 'GIT', svn: 'SVN', hg: 'HG', cvs: 'CVS' };

/** Brings a source into a state and has ctest update it. */
export function verdictOf(type: SystemName, state: State): Verdict {
  const world = World.make(type, 'fast-forward', state.begin);
  // What some states do to the journal of a primary needs one.
  world.build('main');
  const directory = configure(world);
  state.make(world);
  const { status } = spawnSync('ctest', ['-D', 'ExperimentalUpdate'], { cwd: directory, env: world.environment });
  const { problem, listed } = reportIn(directory);
  const [seen, wanted] = [filesIn(world.source), newestOf(world)];
  if (wanted === undefined) return status === 0 && problem === '' ? 'wrong' : 'told';
  const { untracked = [], absent = [] } = outcomeIn(state, 'fast-forward');
  const allowed = new Set([...listed, ...untracked, ...absent]);
  const differs = [...new Set([...seen.keys(), ...wanted.keys()])].some(
    (path) => seen.get(path) !== wanted.get(path) && !allowed.has(path),
  );
  if (!differs && status === 0) return 'right';
  return status === 0 && problem === '' ? 'wrong' : 'told';
}

/** Undefined while the repository is away, or what it names is not there. */
function newestOf(world: World): Files | undefined {
  try {
    return world.newest();
  } catch {
    return undefined;
  }
}

/** A build directory of ctest, without CMake. */
function configure({ root, source, type }: World): string {
  const directory = join(root, 'ctest');
  mkdirSync(directory);
  const settings = {
    SourceDirectory: source,
    BuildDirectory: directory,
    Site: 'here',
    BuildName: 'zoo',
    NightlyStartTime: '01:00:00 UTC',
    UpdateType: type,
    UpdateCommand: type,
    [`${COMMANDS[type]}Command`]: type,
    CVSUpdateOptions: '-d -A -P',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`);
  writeFileSync(join(directory, 'DartConfiguration.tcl'), lines.join(''));
  return directory;
}

/** What it says in `Update.xml`, if it has written one. */
function reportIn(directory: string): { readonly problem: string; readonly listed: readonly string[] } {
  const testing = join(directory, 'Testing');
  const tags = existsSync(testing) ? readdirSync(testing).filter((name) => /^\d{8}-\d{4}$/.test(name)) : [];
  const file = join(testing, tags.at(-1) ?? '', 'Update.xml');
  if (!existsSync(file)) return { problem: 'no report', listed: [] };
  try {
    const { status, files } = readUpdate(readFileSync(file));
    const local = Object.entries(files).filter(([, { kind }]) => kind !== 'Updated');
    return { problem: status, listed: local.map(([path]) => path) };
  } catch {
    return { problem: '', listed: [] }; // names that are no UTF-8
  }
}

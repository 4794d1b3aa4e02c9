import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { wordsOf } from '../text/words.js';
import { type Entries, isOn, itemsOf } from './cmake-values.js';
import { type FollowedBranch, followedBranch, isInCommit, type Why } from './git-upstream.js';
import type { UpdateSource, WithoutUpdate } from './project.js';
import type { ConfigTables } from './schema.js';
import { workTreeOf } from './work-tree.js';

type UpdateTable = NonNullable<NonNullable<ConfigTables['defaults']>['update']>;
type System = UpdateSource['type'];

/** How the source of a build that CMake has configured for CTest is brought up to date. */
export type CTestUpdate =
  | {
      readonly kind: 'update';
      readonly table: UpdateTable;
      /** Keys with options for ctest's own calls of the client, which are other calls than ours. */
      readonly unused?: readonly string[];
    }
  | WithoutUpdate;

/** What CTest looks for in the source before it reads what its configuration says, in this order. */
const SIGNS: readonly (readonly [string, System | 'bzr' | 'p4'])[] = [
  ['.svn', 'svn'],
  ['CVS/Entries', 'cvs'],
  ['.bzr', 'bzr'],
  ['.git', 'git'],
  ['.hg', 'hg'],
  ['.p4', 'p4'],
  ['.p4config', 'p4'],
];

/** The keys that name a client; the order is that in which CTest looks for their systems in a name. */
const CLIENTS = {
  cvs: 'CVSCommand',
  svn: 'SVNCommand',
  bzr: 'BZRCommand',
  git: 'GITCommand',
  hg: 'HGCommand',
  p4: 'P4Command',
};

/** The keys with options that are not used here. Those of cvs are. */
const OPTIONS: Readonly<Record<System, readonly string[]>> = {
  git: ['UpdateOptions', 'GITUpdateOptions'],
  svn: ['UpdateOptions', 'SVNUpdateOptions', 'SVNOptions'],
  hg: ['UpdateOptions', 'HGUpdateOptions'],
  cvs: [],
};

const NAMES = { bzr: 'Bazaar', p4: 'Perforce' };

/**
 * What `ctest -T Update` would do: the system that the source shows wins over `UpdateType`, that over the name of the
 * `UpdateCommand`. Where none of them says anything, the source may be a directory within a repository.
 */
export function ctestUpdateOf(of: Entries): CTestUpdate {
  const source = of('SourceDirectory') || '.';
  if (!existsSync(source)) return obstacle(`there is no source directory ${source}`);
  const shown = SIGNS.find(([sign]) => existsSync(join(source, sign)))?.[1];
  const system = shown ?? namedIn(of('UpdateType')) ?? namedIn(of('UpdateCommand')) ?? systemAbove(of, source);
  if (system === undefined) return withoutSystem(of, source);
  if (typeof system === 'object') return system;
  if (system === 'bzr' || system === 'p4') {
    const message = `${source} is in ${NAMES[system]}, and only git, svn, hg and cvs are known here; a stagelock.toml without \`update\` builds what something else has updated`;
    return obstacle(message);
  }
  const client = of('UpdateCommand') || of(CLIENTS[system]) || undefined;
  const followed = system === 'git' ? followedBranch(source, client) : undefined;
  return tableOf(system, of, { client, followed, branch: system === 'hg' ? branchOfHg(source) : undefined });
}

interface Facts {
  readonly client: string | undefined;
  /** Of git. */
  readonly followed: FollowedBranch | undefined;
  /** Of hg. */
  readonly branch: string | undefined;
}

/** The table of a system, by what the other entries say. */
export function tableOf(system: System, of: Entries, { client, followed, branch }: Facts): CTestUpdate {
  const versionOnly = isOn(of('UpdateVersionOnly')) || of('UpdateVersionOverride') !== '';
  const common = {
    ...(client !== undefined && { client }),
    ...(versionOnly && { version_only: true }),
  };
  const unused = versionOnly ? [] : OPTIONS[system].filter((key) => of(key) !== '');
  const update = (table: UpdateTable): CTestUpdate => ({
    kind: 'update',
    table: { ...table, ...common },
    ...(unused.length > 0 && { unused }),
  });
  switch (system) {
    case 'git': {
      const command = itemsOf(of('GITUpdateCustom'));
      const submodules = isOn(of('GITInitSubmodules')) ? { submodules: true } : {};
      if (versionOnly) return update({ type: 'git', ...branchIn(followed), ...submodules });
      if (command.length > 0) return update({ type: 'git', ...branchIn(followed), ...submodules, command });
      if (followed?.kind !== 'upstream') return obstacle(followed ?? 'it follows no branch');
      return update({ type: 'git', ...branchIn(followed), ...submodules });
    }
    case 'svn':
      return update({ type: 'svn' });
    case 'hg':
      return update({ type: 'hg', ...(branch !== undefined && { branch }) });
    case 'cvs': {
      const options = wordsOf(of('UpdateOptions') || of('CVSUpdateOptions'));
      return update({ type: 'cvs', ...(options.length > 0 && { options }) });
    }
  }
}

function branchIn(followed: FollowedBranch | undefined): Partial<Pick<UpdateTable, 'remote' | 'branch'>> {
  return followed?.kind === 'upstream' ? { remote: followed.remote, branch: followed.branch } : {};
}

function obstacle(what: string | Why): WithoutUpdate {
  if (typeof what === 'string') return { kind: 'obstacle', message: what };
  return { kind: 'obstacle', message: what.why, ...(what.remedy !== undefined && { remedy: what.remedy }) };
}

function withoutSystem(of: Entries, source: string): CTestUpdate {
  for (const key of ['UpdateType', 'UpdateCommand']) {
    if (of(key) !== '')
      return obstacle(`${key}: ${of(key)} is none of git, svn, hg and cvs, and ${source} is a checkout of none`);
  }
  return { kind: 'unversioned', message: `${source} is not under version control` };
}

/** By a part of a text, as CTest does. */
function namedIn(text: string): keyof typeof CLIENTS | undefined {
  const name = basename(text.toLowerCase());
  return (Object.keys(CLIENTS) as (keyof typeof CLIENTS)[]).find((system) => name.includes(system));
}

/**
 * The system of the nearest work tree that the source lies in, if that has the source: a directory that is unpacked somewhere
 * in a home directory under version control is none of its files.
 */
function systemAbove(of: Entries, source: string): System | WithoutUpdate | undefined {
  const trees = (['git', 'svn', 'hg'] as const).flatMap((system) => {
    const tree = workTreeOf(source, system);
    return tree === undefined ? [] : [{ system, tree }];
  });
  const [nearest] = trees.sort((a, b) => b.tree.top.length - a.tree.top.length);
  if (nearest === undefined) return undefined;
  const client = of(CLIENTS[nearest.system]) || nearest.system;
  switch (nearest.system) {
    case 'git': {
      const inside = isInCommit(source, client);
      if (typeof inside === 'object') return obstacle(inside);
      return inside ? 'git' : undefined;
    }
    case 'svn':
      return knows(client, ['info', '--non-interactive', '.'], source) ? 'svn' : undefined;
    case 'hg':
      return knows(client, ['files', '.'], source) ? 'hg' : undefined;
  }
}

/** Whether a client does not deny that it knows the source; one that cannot be asked is asked again by the update, which then says so. */
function knows(client: string, args: readonly string[], source: string): boolean {
  const { status } = spawnSync(client, args, { cwd: source, stdio: 'ignore', timeout: 10_000 });
  return status !== 1;
}

/** The named branch that hg is on. */
function branchOfHg(source: string): string | undefined {
  const tree = workTreeOf(source, 'hg');
  try {
    return tree && (readFileSync(join(tree.administration, 'branch'), 'utf8').trim() || undefined);
  } catch {
    return undefined; // hg writes it when the branch is not `default`
  }
}

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { UpdateSource } from '../../../src/config/project.js';
import type { SystemName } from '../../../src/updates/record.js';
import { environment as gitEnvironment } from '../repository.js';

/** What somebody commits. */
export interface Commit {
  readonly author?: string;
  readonly log: string;
  readonly write?: Readonly<Record<string, string | Buffer>>;
  readonly rename?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/** A repository of one system with a working copy that commits go through, and clones that are updated. */
export interface SourceRepository {
  readonly type: SystemName;
  /** How a primary follows it. */
  readonly update: UpdateSource;
  commit(commit: Commit): void;
  clone(directory: string): void;
  /** Takes the repository away, as an unreachable server is. */
  vanish(): void;
  reappear(): void;
}

/** Nobody's own configuration takes part, and everything is in UTF-8. */
export const environment: NodeJS.ProcessEnv = {
  ...gitEnvironment,
  HGRCPATH: '',
  HGENCODING: 'UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};

const PROGRAMS: Readonly<Record<SystemName, readonly string[]>> = {
  git: ['git'],
  svn: ['svn', 'svnadmin'],
  hg: ['hg'],
  cvs: ['cvs'],
};

/** The programs of a system that are not here. */
export const missingFor = (type: SystemName): string[] =>
  PROGRAMS[type].filter((program) => spawnSync(program, ['--version']).status !== 0);

const timeoutMs = 60_000;

/** Makes a repository below an empty directory. */
export function makeRepository(type: SystemName, root: string): SourceRepository {
  const store = join(root, 'store');
  const run = (program: string, args: readonly string[], cwd = root): void =>
    void execFileSync(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  switch (type) {
    case 'git':
      run('git', ['init', '-q', '--bare', '-b', 'main', store]);
      run('git', ['clone', '-q', store, 'work']);
      run('git', ['checkout', '-q', '-b', 'main'], join(root, 'work'));
      break;
    case 'svn':
      run('svnadmin', ['create', store]);
      run('svn', ['mkdir', '-q', '-m', 'layout', `file://${store}/trunk`, `file://${store}/other`]);
      run('svn', ['checkout', '-q', `file://${store}/trunk`, 'work']);
      break;
    case 'hg':
      run('hg', ['init', store]);
      run('hg', ['clone', '-q', store, 'work']);
      break;
    case 'cvs':
      run('cvs', ['-d', store, 'init']);
      mkdirSync(join(store, 'module'));
      run('cvs', ['-Q', '-d', store, 'checkout', '-d', 'work', 'module']);
      break;
  }
  return repositoryIn(type, root);
}

/** The one that is there. */
export function repositoryIn(type: SystemName, root: string): SourceRepository {
  const work = join(root, 'work');
  const store = join(root, 'store');
  const run = (program: string, args: readonly string[], cwd = work): string =>
    execFileSync(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const write = (files: Commit['write'] = {}): string[] =>
    Object.entries(files).map(([path, content]) => {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), content);
      return path;
    });
  const move = (rename: Commit['rename'], by: (from: string, to: string) => void): void => {
    for (const [from, to] of Object.entries(rename ?? {})) {
      mkdirSync(dirname(join(work, to)), { recursive: true });
      by(from, to);
    }
  };
  const hide = {
    vanish: () => renameSync(store, `${store}.away`),
    reappear: () => renameSync(`${store}.away`, store),
  };

  switch (type) {
    case 'git': {
      return {
        type,
        update: { type, remote: 'origin', branch: 'main', submodules: 'initialised', mode: 'fast-forward', timeoutMs },
        ...hide,
        commit: ({ author = 'Ann Author <ann@example.org>', log, rename, remove = [], ...more }) => {
          write(more.write);
          move(rename, (from, to) => renameSync(join(work, from), join(work, to)));
          for (const path of remove) rmSync(join(work, path), { recursive: true });
          run('git', ['add', '-A']);
          run('git', ['commit', '-q', '--author', author, '-m', log]);
          run('git', ['push', '-q', 'origin', 'main']);
        },
        clone: (directory) => void run('git', ['clone', '-q', '-b', 'main', store, directory], root),
      };
    }
    case 'svn': {
      return {
        type,
        update: { type, url: undefined, mode: 'fast-forward', timeoutMs },
        ...hide,
        commit: ({ author = 'ann', log, rename, remove = [], ...more }) => {
          const written = write(more.write);
          if (written.length > 0)
            run('svn', ['add', '-q', '--force', '--parents', ...written.map((path) => `${path}@`)]);
          move(rename, (from, to) => {
            run('svn', ['add', '-q', '--force', '--parents', '--depth=empty', `${dirname(to)}@`]);
            run('svn', ['move', '-q', `${from}@`, to]);
          });
          if (remove.length > 0) run('svn', ['remove', '-q', '--force', ...remove]);
          run('svn', ['commit', '-q', '--username', author, '-m', log]);
          run('svn', ['update', '-q']);
        },
        clone: (directory) => void run('svn', ['checkout', '-q', `file://${store}/trunk`, directory], root),
      };
    }
    case 'hg': {
      return {
        type,
        update: { type, branch: 'default', mode: 'fast-forward', timeoutMs },
        ...hide,
        commit: ({ author = 'Ann Author <ann@example.org>', log, rename, remove = [], ...more }) => {
          write(more.write);
          move(rename, (from, to) => run('hg', ['move', '-q', from, to]));
          for (const path of remove) rmSync(join(work, path), { recursive: true });
          run('hg', ['addremove', '-q', '-s', '100']);
          run('hg', ['commit', '-q', '-u', author, '-m', log]);
          run('hg', ['push', '-q', '--new-branch']);
        },
        clone: (directory) => void run('hg', ['clone', '-q', store, directory], root),
      };
    }
    case 'cvs': {
      const addParents = (path: string): void => {
        const directory = dirname(path);
        if (directory === '.' || existsSync(join(work, directory, 'CVS'))) return;
        addParents(directory);
        run('cvs', ['-Q', 'add', directory]);
      };
      const add = (path: string): void => {
        addParents(path);
        run('cvs', ['-Q', 'add', path]);
      };
      const isKnown = (path: string): boolean => {
        const entries = join(work, dirname(path), 'CVS', 'Entries');
        return existsSync(entries) && `\n${readFileSync(entries, 'utf8')}`.includes(`\n/${basename(path)}/`);
      };
      return {
        type,
        update: { type, options: ['-d', '-A', '-P'], mode: 'fast-forward', timeoutMs },
        ...hide,
        commit: ({ log, rename, remove = [], ...more }) => {
          for (const path of write(more.write)) {
            if (!isKnown(path)) add(path);
          }
          // CVS knows no renames: a file goes, another one comes.
          move(rename, (from, to) => {
            renameSync(join(work, from), join(work, to));
            run('cvs', ['-Q', 'remove', from]);
            add(to);
          });
          for (const path of remove) run('cvs', ['-Q', 'remove', '-f', path]);
          run('cvs', ['-Q', 'commit', '-m', log]);
        },
        clone: (directory) => void run('cvs', ['-Q', '-d', store, 'checkout', '-d', directory, 'module'], root),
      };
    }
  }
}

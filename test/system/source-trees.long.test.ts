import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LOCAL_SUBMODULES, repositoryAt, temporaryDirectory } from '../updates/repository.js';
import { readUpdate } from '../updates/systems/ctest.js';
import { environment as plain } from '../updates/systems/repositories.js';
import { missing, STAGELOCK } from './programs.js';

const environment = { ...plain, ...LOCAL_SUBMODULES };

const git = (directory: string, ...args: string[]): string =>
  execFileSync('git', ['-C', directory, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .trim();

/** A repository with one commit. */
function origin(path: string) {
  mkdirSync(path);
  execFileSync('git', ['init', '-q', '-b', 'main', path], { env: environment });
  const repository = repositoryAt(path);
  repository.commit('first', { file: '1\n' });
  return repository;
}

/** A primary `main` that follows `origin`, and a secondary `other`. */
function project(root: string, update: string, build = 'cat "$STAGELOCK_SOURCE"/file >> built') {
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]
name = "x"
[defaults]
source = "source"
[defaults.stages.build]
shell = '${build}'
[builds.main]
directory = "main"
[builds.main.update]
type = "git"
timeout = "20 s"
${update}
[builds.other]
directory = "other"
primary = "main"
`,
  );
  const run = (build: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [STAGELOCK, '-c', config, 'run', '-q', build], {
      env: environment,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const reported = (build: string) =>
    readUpdate(readFileSync(join(root, build, 'Testing', 'Temporary', 'LastUpdate.xml')));
  const locks = (): string[] =>
    readdirSync(join(root, 'main', 'Testing', 'Temporary')).filter((name) => /^(running|update|build)/.test(name));
  return { config, run, reported, locks };
}

const QUIET = { status: 0, stdout: '', stderr: '' };
const OVER = {
  ...QUIET,
  stderr: expect.stringMatching(/: runs again\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/),
};

describe('submodules', () => {
  /** `origin` has `library` in it, which has `nested` in it. */
  function withSubmodules(keys = 'branch = "main"\nsubmodules = true') {
    const root = temporaryDirectory();
    const nested = origin(join(root, 'nested'));
    const library = origin(join(root, 'library'));
    git(library.directory, 'submodule', '--quiet', 'add', nested.directory, 'deep');
    library.commit('with a submodule');
    const main = origin(join(root, 'origin'));
    git(main.directory, 'submodule', '--quiet', 'add', library.directory, 'lib');
    git(main.directory, 'submodule', '--quiet', 'update', '--init', '--recursive');
    main.commit('with a submodule');
    git(root, 'clone', '-q', main.directory, 'source');
    const source = join(root, 'source');
    /** A commit in the library, which the project then takes. */
    const bump = (content: string): void => {
      library.commit(content, { file: `${content}\n` });
      git(join(main.directory, 'lib'), 'pull', '-q', 'origin', 'main');
      main.commit(`take ${content}`);
    };
    const read = (path: string): string => readFileSync(join(source, path), 'utf8').trim();
    return { root, source, main, library, bump, read, ...project(root, keys) };
  }

  test('are there from the first update on, nested ones too, and follow the tree', () => {
    const { run, read, bump, source, reported } = withSubmodules();
    expect(run('main')).toEqual(QUIET);
    expect([read('lib/file'), read('lib/deep/file')]).toEqual(['1', '1']);
    bump('2');
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('2');
    expect(Object.keys(reported('main').files)).toEqual(['lib']);
    expect(git(source, 'status', '--porcelain')).toBe('');
    expect(run('other')).toEqual(QUIET);
    expect(run('main')).toEqual(QUIET);
  });

  test('that are initialised follow the tree without a word of it; the others stay away', () => {
    const { run, read, bump, source, root, library } = withSubmodules('branch = "main"');
    expect(run('main')).toEqual(QUIET);
    expect(readdirSync(join(source, 'lib'))).toEqual([]);
    bump('2');
    expect(run('main')).toEqual(QUIET);
    git(source, 'submodule', '--quiet', 'update', '--init');
    bump('3');
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('3');
    expect(git(source, 'status', '--porcelain')).toBe('');
    expect(readdirSync(join(source, 'lib', 'deep'))).toEqual([]);
    // What stayed behind, as after an update by an older version, comes along without news.
    git(join(source, 'lib'), 'checkout', '-q', 'HEAD^');
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('3');
    // What is there already needs no repository.
    bump('4');
    git(join(source, 'lib'), 'fetch', '-q');
    execFileSync('mv', [library.directory, join(root, 'away')]);
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('4');
    expect(run('other')).toEqual(QUIET);
  });

  test('that are configured to stay elsewhere are left there, and that is no news', () => {
    const { run, read, bump, source } = withSubmodules('branch = "main"');
    git(source, 'submodule', '--quiet', 'update', '--init');
    git(source, 'config', 'submodule.lib.update', 'none');
    bump('2');
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('1');
    expect(run('other')).toEqual(QUIET);
  });

  test('that are configured to stay elsewhere are left there by a source below the top of its repository, too', () => {
    const { run, main, read, bump, source, config } = withSubmodules('branch = "main"');
    mkdirSync(join(main.directory, 'part'));
    main.commit('a part', { 'part/file': 'part\n' });
    git(source, 'pull', '-q');
    git(source, 'submodule', '--quiet', 'update', '--init');
    git(source, 'config', 'submodule.lib.update', 'none');
    writeFileSync(config, readFileSync(config, 'utf8').replace('source = "source"', 'source = "source/part"'));
    bump('2');
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('1');
    expect(run('other')).toEqual(QUIET);
  });

  test('whose repository is away leave the tree as it was: they are fetched before anything moves', () => {
    const { root, run, read, bump, locks } = withSubmodules();
    expect(run('main')).toEqual(QUIET);
    bump('2');
    execFileSync('mv', [join(root, 'library'), join(root, 'away')]);
    const failed = run('main');
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining('library') });
    expect(read('lib/file')).toBe('1');
    expect(locks()).toEqual([]);
    execFileSync('mv', [join(root, 'away'), join(root, 'library')]);
    expect(run('main')).toEqual(OVER);
    expect(read('lib/file')).toBe('2');
  });

  test('that were moved by hand keep a secondary from building, and the next update puts them back', () => {
    const { run, bump, read, source, config } = withSubmodules();
    bump('2');
    expect(run('main')).toEqual(QUIET);
    git(join(source, 'lib'), 'checkout', '-q', 'HEAD^');
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace('primary = "main"', 'primary = "main"\nupdate_timeout = "1 s"'),
    );
    const refused = run('other');
    expect(refused.status).toBe(75);
    expect(refused.stderr).toContain('submodules at another commit: lib');
    expect(run('main')).toEqual(QUIET);
    expect(read('lib/file')).toBe('2');
    expect(run('other')).toEqual(OVER);
  });

  test('that cannot be fetched when the tree has moved leave the locks, and the message says what to do', () => {
    const { root, run, main, source, locks } = withSubmodules();
    expect(run('main')).toEqual(QUIET);
    // A new one, from a place that only its author has: it could not be fetched beforehand.
    const secret = origin(join(root, 'secret'));
    git(main.directory, 'submodule', '--quiet', 'add', secret.directory, 'secret');
    main.commit('with a secret');
    rmSync(secret.directory, { recursive: true });
    const broken = run('main');
    expect(broken.status).toBe(70);
    expect(broken.stderr).toContain(`git submodule update --init --recursive in ${source}, then stagelock unlock`);
    expect(locks().sort()).toEqual(['running', 'update']);
  });
});

describe('an update by a command of one’s own', () => {
  function withScript(script: string) {
    const root = temporaryDirectory();
    const main = origin(join(root, 'origin'));
    git(root, 'clone', '-q', main.directory, 'source');
    const path = join(root, 'update.sh');
    writeFileSync(path, `#!/bin/sh -e\n${script}\n`);
    chmodSync(path, 0o755);
    return { root, main, path, ...project(root, `command = ["${path}", "--all"]`) };
  }

  test('is reported with what it has brought, and needs no branch', () => {
    const { run, main, reported, path, root } = withScript('test "$1" = --all; git pull -q --ff-only');
    expect(run('main')).toEqual(QUIET);
    main.commit('second', { file: '2\n', new: 'n\n' });
    expect(run('main')).toEqual(QUIET);
    expect(Object.keys(reported('main').files).sort()).toEqual(['file', 'new']);
    const xml = readFileSync(join(root, 'main/Testing/Temporary/LastUpdate.xml'), 'utf8');
    expect(xml).toContain(
      `<UpdateCommand>&quot;${path}&quot; &quot;--all&quot;</UpdateCommand>`.replaceAll('&quot;', '"'),
    );
    expect(run('main')).toEqual(QUIET);
    expect(readFileSync(join(root, 'main', 'built'), 'utf8')).toBe('1\n2\n');
    expect(run('other')).toEqual(QUIET);
  });

  test('that fails and has touched nothing is an error, and leaves no lock', () => {
    const { run, locks } = withScript('echo the mirror is away >&2; exit 3');
    const failed = run('main');
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/failed \(exit code 3\):\n *the mirror is away\n/);
    expect(locks()).toEqual([]);
  });

  test('that fails when it has touched the tree leaves the locks', () => {
    const { run, locks } = withScript('echo half > file; exit 1');
    const failed = run('main');
    expect(failed).toMatchObject({ status: 70, stderr: expect.stringContaining('may be half updated') });
    expect(locks().sort()).toEqual(['running', 'update']);
  });
});

describe('a secondary that was away', () => {
  test('for 500 updates gets one report, in which each file is once, and builds only the last tree', () => {
    const root = temporaryDirectory();
    const main = origin(join(root, 'origin'));
    git(root, 'clone', '-q', main.directory, 'source');
    // Each update is a run of the primary; only its update matters here, so it builds nothing.
    const { config, run, reported } = project(root, 'branch = "main"');
    expect(run('main')).toEqual(QUIET);
    expect(run('other')).toEqual(QUIET);
    const first = main.head();
    const { records, last } = makeUpdates(root, main.directory, first);
    expect(records).toBe(500);
    expect(git(join(root, 'source'), 'rev-parse', 'HEAD')).toBe(last);
    expect(run('other')).toEqual(QUIET);
    const { files, prior, revision } = reported('other');
    expect([prior, revision]).toEqual([first, last]);
    expect(Object.keys(files)).toHaveLength(51);
    const xml = readFileSync(join(root, 'other/Testing/Temporary/LastUpdate.xml'), 'utf8');
    for (const number of [1, 250, 500]) expect(xml).toContain(`update ${number}\n`);
    // Each commit has touched two files, and each file has the messages of all that touched it.
    expect(xml.match(/update \d+\n/g)).toHaveLength(1000);
    expect(readFileSync(join(root, 'other', 'built'), 'utf8')).toBe('1\n500\n');
    const updates = spawnSync(process.execPath, [STAGELOCK, '-c', config, 'updates'], {
      env: environment,
      encoding: 'utf8',
    });
    expect(updates.stdout).toContain('other has built all of them');
    expect(updates.stdout).toContain('main has built up to 1, and still has to build 2 to 501');
  });

  /** Commits by fast-import; the records by one process that does what 500 runs of the primary would. */
  function makeUpdates(root: string, repository: string, first: string): { records: number; last: string } {
    const stream = Array.from({ length: 500 }, (_, index) => {
      const number = index + 1;
      const message = `update ${number}\n`;
      const file = (path: string): string => `M 100644 inline ${path}\ndata ${`${number}\n`.length}\n${number}\n\n`;
      const from = number === 1 ? `from ${first}\n` : '';
      return `commit refs/heads/main\nmark :${number}\ncommitter Carl <carl@example.org> ${1_700_000_000 + number} +0000\ndata ${message.length}\n${message}${from}${file('file')}${file(`d/${number % 50}`)}`;
    });
    execFileSync('git', ['-C', repository, 'fast-import', '--quiet', '--force'], {
      env: environment,
      input: stream.join(''),
    });
    git(repository, 'reset', '-q', '--hard', 'main');
    const commits = git(repository, 'rev-list', '--reverse', `${first}..main`).split('\n');
    git(join(root, 'source'), 'pull', '-q', '--ff-only');
    const journal = join(root, 'main', 'Testing', 'Updates');
    const start = JSON.parse(readFileSync(join(journal, '00000001.json'), 'utf8'));
    commits.forEach((revision, index) => {
      const sequence = index + 2;
      const prior = index === 0 ? first : commits[index - 1];
      const time = new Date(1_700_000_000_000 + index * 1000).toISOString();
      const person = { author: 'Carl', email: 'carl@example.org' };
      const change = {
        revision,
        ...person,
        date: time,
        committer: 'Carl',
        committerEmail: 'carl@example.org',
        committedDate: time,
        log: `update ${index + 1}\n`,
        files: ['file', `d/${(index + 1) % 50}`].map((path) => ({ path, status: 'modified' })),
      };
      const record = { ...start, sequence, prior, revision, changes: [change] };
      writeFileSync(join(journal, `${String(sequence).padStart(8, '0')}.json`), JSON.stringify(record));
    });
    return { records: commits.length, last: commits.at(-1) ?? '' };
  }
});

describe('no person is asked', () => {
  test('for a password that has expired: the run ends by itself, also at a terminal, and says whose it was', async () => {
    const asked: string[] = [];
    const server = createServer((request, answer) => {
      asked.push(request.headers.authorization ?? 'nobody');
      answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="source"' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const root = temporaryDirectory();
    const main = origin(join(root, 'origin'));
    git(root, 'clone', '-q', main.directory, 'source');
    const { config, locks } = project(root, 'branch = "main"');
    git(join(root, 'source'), 'remote', 'set-url', 'origin', `http://ann@127.0.0.1:${port}/x.git`);
    const command = `${process.execPath} ${STAGELOCK} -c ${config} run -q main`;
    const onTerminal = missing('script') === undefined;
    for (const argv of [['sh', '-c', command], ...(onTerminal ? [['script', '-qec', command, '/dev/null']] : [])]) {
      const [program = '', ...rest] = argv;
      const child = spawn(program, rest, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
      });
      child.stderr.on('data', (text) => {
        said += text;
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(code).toBe(1);
      expect(said).toContain(`could not read Password for 'http://ann@127.0.0.1:${port}'`);
      expect(locks()).toEqual([]);
    }
    expect(asked.length).toBeGreaterThan(0);
    server.closeAllConnections();
    server.close();
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SystemName } from '../../src/updates/record.js';
import { temporaryDirectory } from '../updates/repository.js';
import { readUpdate } from '../updates/systems/ctest.js';
import { environment, makeRepository, missingFor, type SourceRepository } from '../updates/systems/repositories.js';
import { STAGELOCK } from './programs.js';

/** A primary and a secondary on one checkout, as a person configures them. */
function project(type: SystemName) {
  const root = temporaryDirectory();
  const repository: SourceRepository = makeRepository(type, root);
  repository.commit({ log: 'one', write: { a: '1\n', b: '1\n' } });
  repository.clone(join(root, 'source'));
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]
name = "x"
[defaults]
source = "source"
[defaults.stages.build]
shell = 'cat "$STAGELOCK_SOURCE/a" >> built; if test -e ../by-hand; then cd "$STAGELOCK_SOURCE" && sh -e ../by-hand; fi'
[builds.main]
directory = "main"
update = { type = "${type}"${type === 'git' ? ', branch = "main"' : ''} }
[builds.other]
directory = "other"
primary = "main"
`,
  );
  const run = (build: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [STAGELOCK, '-c', config, 'run', build], {
      env: environment,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const built = (build: string): string => readFileSync(join(root, build, 'built'), 'utf8').replaceAll('\n', '');
  const reported = (build: string): string[] => {
    const testing = join(root, build, 'Testing');
    const xml = readFileSync(join(testing, 'Temporary', 'LastUpdate.xml'));
    expect(existsSync(join(testing, 'TAG'))).toBe(true);
    return Object.keys(readUpdate(xml).files).sort();
  };
  const locks = (build: string): string[] =>
    readdirSync(join(root, build, 'Testing', 'Temporary')).filter((name) => /^(running|update|build)/.test(name));
  return { root, repository, run, built, reported, locks };
}

describe.each(['git', 'svn', 'hg', 'cvs'] as const)('a source in %s', (type) => {
  const missing = missingFor(type);
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';

  test.skipIf(missing.length > 0)(`is built once by each build, with what each has not built yet${because}`, () => {
    const { repository, run, built, reported } = project(type);
    const quiet = { status: 0, stderr: '' };
    expect(run('main')).toMatchObject(quiet);
    expect(run('other')).toMatchObject(quiet);
    repository.commit({ log: 'two', write: { a: '2\n' } });
    expect(run('main')).toMatchObject(quiet);
    expect(reported('main')).toEqual(['a']);
    repository.commit({ log: 'three', write: { a: '3\n', c: 'c\n' }, remove: ['b'] });
    expect(run('main')).toMatchObject(quiet);
    expect(reported('main')).toEqual(['a', 'b', 'c']);
    expect(run('other')).toMatchObject(quiet);
    expect(reported('other')).toEqual(['a', 'b', 'c']);
    expect(run('main')).toMatchObject({ ...quiet, stdout: '' });
    expect(run('other')).toMatchObject({ ...quiet, stdout: '' });
    expect([built('main'), built('other')]).toEqual(['123', '13']);
  });

  test.skipIf(missing.length > 0)(`that cannot be reached is an error, and the next run goes on${because}`, () => {
    const { repository, run, built, locks, root } = project(type);
    expect(run('main').status).toBe(0);
    repository.commit({ log: 'two', write: { a: '2\n' } });
    repository.vanish();
    const failed = run('main');
    expect(failed.status).toBe(1); // the stage update failed; nothing was touched
    expect(failed.stderr).toContain(join(root, 'source'));
    expect(locks('main')).toEqual([]);
    repository.reappear();
    const over = expect.stringMatching(/^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/);
    expect(run('main')).toMatchObject({ status: 0, stderr: over });
    expect(built('main')).toBe('12');
  });

  test.skipIf(missing.length > 0)(`that is moved while it is built is built again${because}`, () => {
    const { repository, run, built, reported, locks, root } = project(type);
    run('main');
    run('other');
    repository.commit({ log: 'two', write: { a: '2\n' } });
    const back = {
      git: 'git reset -q --hard HEAD~1',
      svn: 'svn update -q -r PREV',
      hg: 'hg update -q -r .^',
      cvs: 'cvs -Q update -r 1.1 a',
    };
    const forth = {
      ...back,
      git: 'git merge -q --ff-only @{u}',
      svn: 'svn update -q',
      hg: 'hg update -q',
      cvs: 'cvs -Q update -A a',
    };
    repository.vanish();
    expect(run('main').status).toBe(1);
    repository.reappear();
    const byHand = join(root, 'by-hand');
    writeFileSync(byHand, back[type]);
    for (const build of ['main', 'other']) {
      const moved = run(build);
      expect(moved.status).toBe(1);
      expect(moved.stderr).toMatch(
        new RegExp(`^stagelock: ${build}: the revision of ${join(root, 'source')} changed while it was built`),
      );
      expect(locks(build)).toEqual([]);
      const xml = readFileSync(join(root, build, 'Testing', 'Temporary', 'LastUpdate.xml'), 'utf8');
      expect(xml).toMatch(/<UpdateReturnStatus>Update error: the source was moved by hand from \S+ to \S+ while/);
      execFileSync('sh', ['-ec', forth[type]], { cwd: join(root, 'source'), env: environment });
    }
    rmSync(byHand);
    const over = expect.stringMatching(/^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/);
    for (const build of ['main', 'other']) {
      expect(run(build)).toMatchObject({ status: 0, stderr: build === 'main' ? over : '' });
      expect(reported(build)).toEqual(['a']);
    }
    expect([built('main'), built('other')]).toEqual(['122', '122']);
  });

  test.skipIf(missing.length > 0)(`that was moved on by hand is recorded before it is built${because}`, () => {
    const { repository, run, built, reported, root } = project(type);
    run('main');
    run('other');
    repository.commit({ log: 'two', write: { a: '2\n' } });
    repository.commit({ log: 'three', write: { b: '3\n' } });
    const source = join(root, 'source');
    const commands = {
      git: ['git', 'pull', '-q', '--ff-only'],
      svn: ['svn', 'update', '-q'],
      hg: ['hg', 'pull', '-q', '-u'],
      cvs: ['cvs', '-Q', 'update', '-d', '-P'],
    } as const;
    const [program, ...args] = commands[type];
    execFileSync(program, args, { cwd: source, env: environment });
    expect(run('main')).toMatchObject({ status: 0, stderr: '' });
    expect(reported('main')).toEqual(['a', 'b']);
    expect(run('other')).toMatchObject({ status: 0, stderr: '' });
    expect(reported('other')).toEqual(['a', 'b']);
    expect([built('main'), built('other')]).toEqual(['12', '12']);
  });
});

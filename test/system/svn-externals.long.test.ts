import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DartBuild } from './dart-build.js';
import { missing } from './programs.js';

const noSvn = missing('svn') ?? missing('svnadmin');
const noCtest = missing('ctest');
const builds: DartBuild[] = [];
afterEach(() => {
  for (const build of builds.splice(0)) build.remove();
});

/** A working copy with a directory of its own repository, one of another, one of a fixed revision, and a file in it. */
class SvnBuild extends DartBuild {
  constructor() {
    super('source');
    builds.push(this);
    for (const name of ['own', 'other']) this.do('svnadmin', 'create', name);
    mkdirSync(join(this.root, 'import', 'trunk', 'sub'), { recursive: true });
    mkdirSync(join(this.root, 'import', 'lib'));
    for (const path of ['trunk/file', 'trunk/sub/file', 'lib/file', 'lib/header']) {
      writeFileSync(join(this.root, 'import', path), '1\n');
    }
    for (const name of ['own', 'other']) this.do('svn', 'import', '-q', '-m', '1', 'import', this.url(name));
    this.do('svn', 'checkout', '-q', `${this.url('own')}/trunk`, 'source');
    const definitions = ['^/lib lib', `${this.url('other')}/lib other`, `${this.url('other')}/lib@1 pinned`];
    this.do('svn', 'propset', '-q', 'svn:externals', [...definitions, '^/lib/header sub/header'].join('\n'), 'source');
    this.do('svn', 'commit', '-q', '-m', 'externals', 'source');
    this.do('svn', 'update', '-q', 'source');
    for (const name of ['own', 'other']) this.do('svn', 'checkout', '-q', this.url(name), `work-${name}`);
  }

  url(name: string): string {
    return `file://${join(this.root, name)}`;
  }

  do(program: string, ...args: string[]): void {
    const { code, stderr } = this.run(program, args, this.root);
    if (code !== 0) throw new Error(stderr);
  }

  commit(repository: 'own' | 'other', path: string, content: string): void {
    writeFileSync(join(this.root, `work-${repository}`, path), content);
    this.do('svn', 'commit', '-q', '-m', content.trim(), `work-${repository}`);
  }

  read(path: string): string {
    return readFileSync(join(this.source, path), 'utf8').trim();
  }

  get report(): string {
    return readFileSync(join(this.directory, 'Testing', this.tag[0] ?? '', 'Update.xml'), 'utf8');
  }
}

const QUIET = { code: 0, stdout: '', stderr: '' };

test.skipIf(noSvn !== undefined)(`what externals bring is news, as for ctest (${noSvn ?? 'real svn'})`, () => {
  const build = new SvnBuild();
  build.configure({ UpdateType: 'svn', SVNCommand: 'svn' });
  const run = () => build.stagelock('run', '--model', 'Continuous');
  expect(run()).toMatchObject({ code: 0, stderr: '' });
  expect(run()).toEqual(QUIET);
  for (const [repository, path, into] of [
    ['own', 'lib/file', 'lib/file'],
    ['other', 'lib/file', 'other/file'],
    ['own', 'lib/header', 'sub/header'],
  ] as const) {
    build.commit(repository, path, `${into} changed\n`);
    const theirs = join(build.root, `theirs-${into.replace('/', '-')}`);
    cpSync(build.source, theirs, { recursive: true });
    const ran = run();
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('update: 1 commit\n');
    expect(build.read(into)).toBe(`${into} changed`);
    expect(build.report).toContain(`<FullName>${into}</FullName>`);
    expect(build.report).toMatch(/<Revision>\d+<\/Revision>/);
    expect(build.report).not.toMatch(/<(Prior)?Revision>\d+[^\d<]/);
    expect(run()).toEqual(QUIET);
  }
  // A fixed revision does not move, so what comes after it is no news; nor is what lies elsewhere.
  expect(build.read('pinned/file')).toBe('1');
  build.commit('own', 'trunk/sub/file', 'mine\n');
  expect(run().stdout).toContain('update: 1 commit\n');
  expect(run()).toEqual(QUIET);
  if (noCtest !== undefined) return;
  build.configure({ UpdateType: 'svn', SVNCommand: 'svn', SourceDirectory: join(build.root, 'theirs-lib-file') });
  expect(build.ctest('-M', 'Experimental', '-T', 'Start', '-T', 'Update').code).toBe(0);
  expect(build.report).toContain('<FullName>lib/file</FullName>');
});

test.skipIf(noSvn !== undefined)('a directory of a working copy is updated without a word of it', () => {
  const build = new SvnBuild();
  build.commit('own', 'trunk/sub/file', '2\n');
  build.configure({ UpdateType: '', SourceDirectory: join(build.source, 'sub') });
  expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
  expect(build.read('sub/file')).toBe('2');
});

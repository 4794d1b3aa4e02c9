import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { treeOf } from '../support/tree-of.js';
import { temporaryDirectory } from '../updates/repository.js';
import { environment, makeRepository, missingFor } from '../updates/systems/repositories.js';
import { STAGELOCK } from './programs.js';

describe.each(['git', 'svn', 'hg', 'cvs'] as const)('in %s', (system) => {
  const lacks = missingFor(system);
  test.skipIf(lacks.length > 0)(
    `neither checkout nor build directory change${lacks.length > 0 ? ` (needs ${lacks.join(', ')})` : ''}`,
    () => {
      const root = temporaryDirectory();
      mkdirSync(join(root, 'repository'));
      const repository = makeRepository(system, join(root, 'repository'));
      repository.commit({ log: 'one', write: { a: '1\n' } });
      repository.clone(join(root, 'source'));
      const config = join(root, 'stagelock.toml');
      const branch = system === 'git' ? 'branch = "main"' : '';
      writeFileSync(
        config,
        `[project]\nname = "x"\n[defaults]\nsource = "source"\nstages.build.command = ["true"]\n[builds.one]\ndirectory = "one"\n[builds.one.update]\ntype = "${system}"\n${branch}\n[builds.two]\nprimary = "one"\ndirectory = "two"\n`,
      );
      const run = (...args: string[]) =>
        spawnSync(process.execPath, [STAGELOCK, '-c', config, 'run', ...args], { env: environment, encoding: 'utf8' });
      const said = (build: string): string => {
        const before = treeOf(root);
        const { status, stdout, stderr } = run(build, '--dry-run');
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(treeOf(root)).toEqual(before);
        return stdout;
      };
      const [quiet, news] =
        system === 'cvs' ? ['only if the update brings', 'only if the update brings'] : ['no, there', 'yes'];
      for (const build of ['one', 'two']) expect(said(build)).toContain('\nbuild: yes');
      for (const build of ['one', 'two']) expect(run(build)).toMatchObject({ status: 0, stderr: '' });
      expect(said('one')).toContain(`\nbuild: ${quiet}`);
      expect(said('two')).toContain('\nbuild: no, there');
      repository.commit({ log: 'two', write: { a: '2\n' } });
      expect(said('one')).toContain(`\nbuild: ${news}`);
      expect(said('two')).toContain('\nbuild: no, there');
      expect(run('one')).toMatchObject({ status: 0, stderr: '' });
      expect(said('two')).toMatch(/\npending: 1 recorded update \(2\) with 1 commit\n.*: two\nbuild: yes/);
    },
    60_000,
  );
});

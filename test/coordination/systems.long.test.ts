import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { missing } from '../system/programs.js';
import { follower, HG_REPOSITORY, Hosts, primary, SVN_REPOSITORY, WORK } from './hosts.js';

const SYSTEMS = [
  { name: 'Subversion', repository: SVN_REPOSITORY, absent: missing('svn') },
  { name: 'Mercurial', repository: HG_REPOSITORY, absent: missing('hg') },
];

describe.skipIf(noEtcd !== undefined)(`a follower of another system than git (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());

  for (const { name, repository, absent } of SYSTEMS) {
    test.skipIf(absent !== undefined)(
      `${name}: it builds what is recorded, and nothing newer`,
      { timeout: 240_000 },
      async () => {
        const hosts = new Hosts(cluster.endpoints, {}, repository);
        try {
          const alpha = hosts.host('alpha', primary('trunk', '', WORK, repository));
          const beta = hosts.host('beta', follower('beta-gcc', 'trunk', '', WORK, repository));
          expect((await alpha.run('trunk')).kind).toBe('done');
          expect((await beta.run('beta-gcc')).kind).toBe('done');
          hosts.commit();
          hosts.commit();
          expect((await alpha.run('trunk')).kind).toBe('done');
          hosts.commit();
          const result = await beta.run('beta-gcc');
          expect(result).toMatchObject({ kind: 'done' });
          expect(beta.built()).toEqual(['1', '3']);
          if (result.kind !== 'done') return;
          const xml = readFileSync(join(beta.root, 'beta-gcc', 'Testing', result.stamp.tag, 'Update.xml'), 'utf8');
          expect(xml).toContain('commit 2');
          expect(xml).toContain('commit 3');
          expect(xml).not.toContain('commit 4');
          expect((await beta.run('beta-gcc')).kind).toBe('no-news');
          expect((await alpha.run('trunk')).kind).toBe('done');
          expect((await beta.run('beta-gcc')).kind).toBe('done');
          expect(beta.built()).toEqual(['1', '3', '4']);
        } finally {
          hosts.remove();
        }
      },
    );
  }
});

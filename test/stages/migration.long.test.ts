import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { HostOf } from '../coordination/hosts.js';
import { CuttingProxy } from '../etcd/cutting-proxy.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { type Running, stagelock, start } from '../system/programs.js';
import { MovingSite } from './moving-site.js';

describe.skipIf(noEtcd !== undefined)(
  `a project that moves to etcd and back, in trouble (${noEtcd ?? 'real etcd'})`,
  () => {
    let cluster: Cluster;
    let proxy: CuttingProxy;
    const sites: MovingSite[] = [];
    const running: Running[] = [];
    beforeAll(async () => {
      cluster = await Cluster.start();
      proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    });
    afterAll(async () => {
      await proxy.close();
      await cluster.stop();
    });
    afterEach(() => {
      proxy.loses = () => false;
      for (const each of running.splice(0)) each.kill('SIGKILL');
      for (const site of sites.splice(0)) site.hosts.remove();
    });

    async function make(more = {}): Promise<MovingSite> {
      const site = await MovingSite.inFilesWithNews(cluster, [proxy.endpoint], more);
      sites.push(site);
      return site;
    }

    test('moved there a second time, a follower goes on from what it has built meanwhile as a secondary', {
      timeout: 300_000,
    }, async () => {
      const site = await make();
      const { alpha, beta } = site;
      site.inEtcd();
      for (const host of [alpha, beta]) expect((await site.migrate(host, 'etcd')).code).toBe(0);
      await site.run(beta, 'gcc');
      expect((await site.migrate(alpha, 'files', '--yes')).code).toBe(0);
      site.inFiles();
      for (const build of ['s', 'gcc']) {
        await site.update();
        await site.run(alpha, build);
      }
      await site.update();
      site.inEtcd();
      for (const host of [alpha, beta]) expect((await site.migrate(host, 'etcd')).code).toBe(0);
      await site.run(beta, 'gcc');
      await site.update();
      for (const [host, build] of [
        [beta, 'gcc'],
        [alpha, 's'],
      ] as const) {
        await site.run(host, build);
        expect(site.commits(host, build)).toEqual([2, 3, 4, 5, 6, 7]);
      }
      const again = await site.migrate(alpha, 'etcd');
      expect(again.stdout).toContain('trunk: etcd has its updates up to 7 already\n');
    });

    test('of two at once at most one moves the project, and nothing of the other stays', async () => {
      const site = await make();
      site.inEtcd();
      const ends = await Promise.all([1, 2, 3].map(() => site.migrate(site.alpha, 'etcd')));
      expect(ends.every(({ code }) => code === 0 || code === 75)).toBe(true);
      expect(site.locks()).toEqual([]);
      expect((await site.keys()).filter((key) => key.startsWith('locks/'))).toEqual([]);
      expect((await site.migrate(site.alpha, 'etcd')).code).toBe(0);
      expect((await site.migrate(site.beta, 'etcd')).code).toBe(0);
      await site.run(site.beta, 'gcc');
      expect(site.commits(site.beta, 'gcc')).toEqual([2, 3]);
    });

    test('a lock by name that is held keeps a project in etcd', async () => {
      const site = await make();
      site.inEtcd();
      expect((await site.migrate(site.alpha, 'etcd')).code).toBe(0);
      const exec = ['exec', '--strategy', 'etcd', '--lock', 'a license', '--', 'sleep', '100'];
      running.push(start(site.beta, exec));
      await until('the claim', async () => (await site.keys()).some((key) => key.startsWith('objects/')));
      const refused = await site.migrate(site.alpha, 'files', '--yes');
      expect(refused.code).toBe(75);
      expect(refused.stderr).toContain('/objects/a%20license/');
    });

    test('a run that comes while it works does not begin, and one that waited then begins', async () => {
      const site = await make({ lease: '30 s' });
      const { alpha } = site;
      site.inEtcd();
      const [member] = cluster.members;
      let requests = 0;
      const isHeldUp = new Promise<void>((resolve) => {
        proxy.loses = (request) => {
          // It holds its locks by then: the records follow.
          if (request.includes('/v3/kv/txn') && ++requests === 3) {
            member?.pause();
            resolve();
          }
          return false;
        };
      });
      const moving = site.migrate(alpha, 'etcd');
      try {
        await isHeldUp;
        const trunk = await stagelock(alpha, ['run', 'trunk']);
        expect(trunk.code).toBe(75);
        expect(trunk.stderr).toContain('an earlier run is still in progress');
        running.push(start(alpha, ['run', 's']));
        await until('the secondary', () => existsSync(join(alpha.root, 's/Testing/Temporary/running')));
      } finally {
        member?.resume();
      }
      expect((await moving).code).toBe(0);
      expect(await running.at(-1)?.ended).toMatchObject({ code: 0, stderr: '' });
      expect(site.commits(alpha, 's')).toEqual([2, 3]);
    });

    /** Kills it when it sends its transaction of that number; they are never so many that all come. */
    async function killedAt(host: HostOf, to: 'etcd' | 'files', number: number): Promise<boolean> {
      let requests = 0;
      let victim: Running | undefined;
      proxy.loses = (request) => {
        const isHit = request.includes('/v3/kv/txn') && ++requests === number;
        if (isHit) victim?.kill('SIGKILL');
        return isHit;
      };
      victim = start(host, ['migrate', '--to', to, ...(to === 'files' ? ['--yes'] : [])]);
      running.push(victim);
      const { signal } = await victim.ended;
      proxy.loses = () => false;
      return signal === 'SIGKILL';
    }

    test('killed at any of its steps it keeps runs away, and completes when it is run again', {
      timeout: 300_000,
    }, async () => {
      const site = await make({ lease: '30 s' });
      const { alpha, beta } = site;
      site.inEtcd();
      // Each time it is killed a step later, on what the time before has left.
      let kills = 0;
      for (let number = 1; await killedAt(alpha, 'etcd', number); number++) {
        kills++;
        const run = await stagelock(alpha, ['run', 'trunk']);
        expect(run.code).toBe(75);
      }
      expect(kills).toBeGreaterThan(5);
      expect((await site.migrate(beta, 'etcd')).code).toBe(0);
      await site.update();
      await site.run(beta, 'gcc');
      await site.run(alpha, 's');
      await site.update();
      kills = 0;
      for (let number = 1; await killedAt(alpha, 'files', number); number++) {
        kills++;
        expect((await stagelock(alpha, ['run', 'trunk'])).code).toBe(75);
      }
      expect(kills).toBeGreaterThan(3);
      // The leases of the dead ones end by themselves.
      const keys = await site.keys();
      expect(keys.filter((key) => !/^(alive|trace|writes)\/migrate-/.test(key))).toEqual(['moved']);
      expect(site.locks()).toEqual([]);
      site.inFiles();
      for (const build of ['s', 'gcc']) await site.run(alpha, build);
      expect(site.commits(beta, 'gcc')).toEqual([2, 3, 4, 5]);
      expect(site.commits(alpha, 's')).toEqual([2, 3, 4, 5]);
    });

    test('journals that contradict each other are left to a person', async () => {
      const site = await make();
      site.inEtcd();
      expect((await site.migrate(site.alpha, 'etcd')).code).toBe(0);
      await site.update();
      const value = '{"format":1,"sequence":9,"revision":"0000"}';
      const put = { put: `${site.prefix}/journal/trunk/newest`, value: value.replace('9', '4') };
      await cluster.client().transact({ compare: [], then: [put] });
      for (const to of ['etcd', 'files'] as const) {
        const refused = await site.migrate(site.alpha, to, ...(to === 'files' ? ['--yes'] : []));
        expect(refused.code).toBe(1);
        expect(refused.stderr).toContain('contradict each other: record 4 is 0000 in etcd');
        expect(site.locks()).toEqual([]);
      }
    });
  },
);

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { type Running, stagelock, start } from '../system/programs.js';
import { MovingSite } from './moving-site.js';

describe.skipIf(noEtcd !== undefined)(`a project that moves to etcd and back (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;

  const sites: MovingSite[] = [];
  const running: Running[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => {
    await cluster.stop();
  });
  afterEach(() => {
    for (const each of running.splice(0)) each.kill('SIGKILL');
    for (const site of sites.splice(0)) site.hosts.remove();
  });

  async function make(): Promise<MovingSite> {
    const site = await MovingSite.inFilesWithNews(cluster);
    sites.push(site);
    return site;
  }

  test('each build gets each commit once, also those that came in between', { timeout: 180_000 }, async () => {
    const site = await make();
    const { alpha, beta } = site;
    site.inEtcd();
    const planned = await site.migrate(alpha, 'etcd', '--dry-run');
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toContain('trunk: would put updates 1 to 3 into etcd\n');
    expect(await site.keys()).toEqual([]);
    const there = await site.migrate(alpha, 'etcd');
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.stdout).toContain('trunk: put updates 1 to 3 into etcd\n');
    expect(there.stdout).toContain('gcc: recorded in etcd that it has built update 1 of trunk\n');
    expect(there.stdout).toContain('s: stays a secondary of trunk, by the files of this host\n');
    const taken = await site.migrate(beta, 'etcd');
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(taken.stdout).toContain('gcc: took its place after update 1 of trunk along into ');
    expect(site.locks()).toEqual([]);
    await site.update();
    await site.run(alpha, 's');
    await site.run(beta, 'gcc');
    expect(site.commits(beta, 'gcc')).toEqual([2, 3, 4]);
    await site.update();
    await site.run(alpha, 's');

    const unasked = await site.migrate(alpha, 'files');
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('migrate --to files --yes');
    const back = await site.migrate(alpha, 'files', '--yes');
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.stdout).toContain('gcc: recorded its place after update 4 in ');
    expect(back.stdout).toContain('trunk: removed what etcd had of it\n');
    expect(await site.keys()).toEqual(['moved']);
    expect(site.locks()).toEqual([]);
    const late = await stagelock(beta, ['run', 'gcc']);
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(/the project has moved from etcd to files by \S+ on alpha at /);
    site.inFiles();
    await site.update();
    for (const build of ['s', 'gcc']) await site.run(alpha, build);
    expect(site.commits(alpha, 's')).toEqual([2, 3, 4, 5, 6]);
    expect(site.commits(beta, 'gcc')).toEqual([2, 3, 4, 5, 6]);
  });

  test('it is refused while a run lives, or a lock is left, here or on another host; then nothing is changed', async () => {
    const site = await make();
    const { alpha, beta } = site;
    site.inEtcd();
    const stage = site.hold(alpha, 's');
    const run = start(alpha, ['run', 's']);
    running.push(run);
    await until('the stage', () => site.commits(alpha, 's').length === 2);
    const refused = await site.migrate(alpha, 'etcd');
    expect(refused).toMatchObject({ code: 75, stdout: '' });
    expect(refused.stderr).toContain('not migrated, because runs of it are in progress');
    expect(refused.stderr).toContain('trunk/Testing/Temporary/running.s: run of s, held by ');
    expect(await site.keys()).toEqual([]);
    run.kill('SIGKILL');
    await run.ended;
    const dead = await site.migrate(alpha, 'etcd', '--dry-run');
    expect(dead.code).toBe(75);
    expect(dead.stderr).toMatch(/Find out what happened, clear them, and run this again:\n.* unlock s\n/);
    stage.release();
    await until('its processes to end', async () => (await stagelock(alpha, ['unlock', 's', '--yes'])).code === 0);
    expect((await site.migrate(alpha, 'etcd')).code).toBe(0);
    expect((await site.migrate(beta, 'etcd')).code).toBe(0);

    site.hold(beta, 'gcc');
    const far = start(beta, ['run', 'gcc']);
    running.push(far);
    await until('the follower', () => existsSync(join(beta.root, 'ran.gcc')) && site.locks().includes('build'));
    const still = await site.migrate(alpha, 'files', '--yes');
    expect(still.code).toBe(75);
    expect(still.stderr).toMatch(/etcd:.*\/locks\/gcc\/build: stage build of gcc, held by pid \d+ of \S+ on beta/);
    expect((await site.keys()).filter((key) => key.startsWith('journal/trunk/records/'))).toHaveLength(3);
  });

  test('without [coordination], and where etcd is away, it says so', async () => {
    const site = new MovingSite(cluster);
    sites.push(site);
    const { alpha } = site;
    expect(await site.migrate(alpha, 'etcd')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no [coordination]; add it'),
    });
    site.inEtcd();
    const away = readFileSync(alpha.configFile, 'utf8').replace(/etcd = .*/, 'etcd = ["http://127.0.0.1:9"]');
    writeFileSync(alpha.configFile, away.replace(/request_timeout = .*/, 'request_timeout = "1 s"'));
    const refused = await site.migrate(alpha, 'etcd');
    expect(refused.code).toBe(75);
    expect(refused.stderr).toContain('because etcd could not be asked');
    expect(site.locks()).toEqual([]);
  });
});

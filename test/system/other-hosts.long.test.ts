import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { follower, type HostOf, Hosts, primary } from '../coordination/hosts.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { type Running, stagelock, start } from './programs.js';
import { page, seen } from './web/served.js';

/** Fails where the test says so, with an error and what steers a terminal and a page. */
const FAILS =
  'touch ../begun; [ ! -e ../fail ] || { echo "a.c:7:3: error: expected <b>this</b>"; printf "\\033[2Jthe \\342\\200\\256last line\\n"; exit 2; }; while [ -e ../hold ]; do sleep 0.05; done';

describe.skipIf(noEtcd !== undefined)(`builds of other hosts (${noEtcd ?? 'real etcd'})`, { timeout: 180_000 }, () => {
  let cluster: Cluster;
  let hosts: Hosts;
  const running: Running[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());
  afterEach(async () => {
    for (const each of running.splice(0)) each.kill('SIGKILL');
    hosts.remove();
  });

  /** The second host follows the first, and its build has failed. */
  async function make(): Promise<{ alpha: HostOf; beta: HostOf }> {
    hosts = new Hosts(cluster.endpoints, { requestTimeout: '2 s' });
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk', '', FAILS));
    writeFileSync(join(beta.root, 'fail'), '');
    expect((await stagelock(alpha, ['run', 'trunk'])).code).toBe(0);
    expect((await stagelock(beta, ['run', 'beta-gcc'])).code).toBe(1);
    return { alpha, beta };
  }
  function away(host: HostOf): void {
    const config = readFileSync(host.configFile, 'utf8');
    writeFileSync(host.configFile, config.replace(/etcd = .*/, 'etcd = ["http://127.0.0.1:9"]'));
  }

  test('log has the run of a build of another host, what failed, and where its log is', async () => {
    const { alpha, beta } = await make();
    const list = await stagelock(alpha, ['log', 'beta-gcc']);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toMatch(/^\d{8}-\d{4}-Continuous .* stage-failed .* build failed: 1 error; .* {2}on beta\n$/);
    const shown = await stagelock(alpha, ['log', 'beta-gcc', '--show']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('\n  a.c:7:3: error: expected <b>this</b>\n');
    expect(shown.stdout).toContain('==> the end of the log of build <==\n');
    expect(shown.stdout).toContain('\nthe \\u202elast line\n');
    expect(shown.stdout).not.toContain('\u001b');
    const [, path = ''] =
      /The whole log is on beta: (\S+)\. There:\n {2}stagelock log beta-gcc --show/.exec(shown.stdout) ?? [];
    expect(readFileSync(path, 'utf8')).toContain('a.c:7:3: error');
    expect(path.startsWith(beta.root)).toBe(true);
    const json = await stagelock(alpha, ['log', 'beta-gcc', '--json', '--failed']);
    expect(JSON.parse(json.stdout)).toMatchObject({ result: 'stage-failed', host: 'beta', logFile: path });
    expect((await stagelock(alpha, ['log', 'no-such-build'])).code).toBe(2);
    expect((await stagelock(alpha, ['log', 'beta-gcc', '--show', '1999'])).code).toBe(1);
    // Its own runs a host has only once.
    expect((await stagelock(alpha, ['log', 'trunk'])).stdout.match(/\n/g)).toHaveLength(1);
    const status = await stagelock(alpha, ['status']);
    expect(status.stdout).toMatch(/beta-gcc \(on beta\): idle\n {2}last run: build failed: 1 error, .* ago/);
    const report = JSON.parse((await stagelock(alpha, ['status', '--json'])).stdout);
    expect(report.hosts.ends).toMatchObject([{ build: 'beta-gcc', host: 'beta', failed: 'build' }]);
    expect((await stagelock(beta, ['status'])).stdout).toMatch(/trunk \(on alpha\): idle\n {2}last run: passed /);

    away(alpha);
    const refused = await stagelock(alpha, ['log', 'beta-gcc']);
    expect(refused.code).toBe(75);
    expect(refused.stderr).toContain('beta-gcc: its runs in etcd could not be looked at');
    const own = await stagelock(alpha, ['log', 'trunk']);
    expect(own.code).toBe(0);
    expect(own.stdout).toContain(' done ');
    expect(own.stderr).toContain('trunk: its runs on other hosts could not be looked at');
  });

  test('a primary that ran on both hosts has the runs of both in its log', async () => {
    hosts = new Hosts(cluster.endpoints);
    const [alpha, beta] = [hosts.host('alpha', primary('trunk')), hosts.host('beta', primary('trunk'))];
    expect((await stagelock(alpha, ['run', 'trunk'])).code).toBe(0);
    hosts.commit();
    expect((await stagelock(beta, ['run', 'trunk'])).code).toBe(0);
    for (const [host, other] of [
      [alpha, 'beta'],
      [beta, 'alpha'],
    ] as const) {
      const { stdout } = await stagelock(host, ['log', 'trunk']);
      expect(stdout.trim().split('\n')).toHaveLength(2);
      expect(stdout.match(/ {2}on (\w+)\n/g)).toEqual([`  on ${other}\n`]);
    }
  });

  test('pages list them with what they do, and have what failed, escaped; they are quick while etcd is away', async () => {
    const { alpha, beta } = await make();
    const server = start(alpha, ['web', '--port', '0']);
    running.push(server);
    await server.untilOutput(/^http:.*\/\n/);
    const url = server.output.trim().replace(/\/$/, '');
    const project = `${url}/p/P`;
    const now = await page(project);
    expect(seen(now.text)).toMatch(/On other hosts .* beta-gcc beta · idle ✗ build failed: 1 error .* ago/);
    const [, list = ''] = /href="([^"]*\/hosts\/beta-gcc)"/.exec(now.text) ?? [];
    expect(seen((await page(`${url}${list}`)).text)).toMatch(/Continuous beta .* ✗ build failed: 1 error/);
    const [, path = ''] = /href="([^"]*\/hosts\/beta-gcc\/runs\/[0-9a-f]+)"/.exec(now.text) ?? [];
    const run = await page(`${url}${path}`);
    expect(run.text).toContain('error: expected &lt;b&gt;this&lt;/b&gt;');
    expect(run.text).toContain('the \\u202elast line');
    expect(run.text).not.toContain('\u001b');
    expect(seen(run.text)).toMatch(/The whole log is on beta: \/.*LastBuild_/);
    expect(seen((await page(`${project}/hosts/beta-gcc/runs/none`)).text)).toContain('etcd does not have this run');
    expect((await page(`${project}/hosts/..%2fx`)).status).toBe(404);

    writeFileSync(join(beta.root, 'hold'), '');
    expect(existsSync(join(beta.root, 'fail'))).toBe(true);
    const config = readFileSync(beta.configFile, 'utf8');
    writeFileSync(beta.configFile, config.replaceAll('../fail', '../never'));
    const building = start(beta, ['run', 'beta-gcc', '--force']);
    running.push(building);
    await until('the stage', async () => /beta-gcc beta ▶ build/.test(seen((await page(project)).text)), 30_000);
    building.kill('SIGKILL');
    await building.ended;
    await until(
      'the end of its lease',
      async () => seen((await page(project)).text).includes('† left locks behind'),
      40_000,
    );

    cluster.members[0]?.pause();
    try {
      const before = performance.now();
      let text = '';
      for (let look = 0; look < 4; look++) text = seen((await page(project)).text);
      await until('the end of the look', async () => {
        text = seen((await page(project)).text);
        return text.includes('Unknown, because etcd could not be asked');
      });
      expect(performance.now() - before).toBeLessThan(20_000);
      expect(text).toContain('trunk primary');
      expect(seen((await page(`${url}${path}`)).text)).toContain(
        'etcd could not be asked: it has not answered in time',
      );
    } finally {
      cluster.members[0]?.resume();
    }
  });
});

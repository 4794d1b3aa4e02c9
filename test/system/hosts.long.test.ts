import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { follower, type HostOf, Hosts, primary } from '../coordination/hosts.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { type Running, stagelock, start } from './programs.js';
import { FAST, fast } from './scheduled.js';

const HELD = 'cat ../source/latest >> ../built; touch ../begun; while [ ! -e ../go ]; do sleep 0.05; done';

describe.skipIf(noEtcd !== undefined)(
  `stagelock on hosts that share nothing but etcd (${noEtcd ?? 'real etcd'})`,
  () => {
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

    /** Two hosts, of which the second one follows the first. */
    function make(work?: string): { alpha: HostOf; beta: HostOf } {
      hosts = new Hosts(cluster.endpoints);
      return {
        alpha: hosts.host('alpha', primary('trunk')),
        beta: hosts.host('beta', follower('beta-gcc', 'trunk', '', work)),
      };
    }
    async function building(host: HostOf, build: string): Promise<Running> {
      const run = start(host, ['run', build]);
      running.push(run);
      await until('the stage', () => existsSync(join(host.root, 'begun')));
      return run;
    }

    test('a normal run says nothing on stderr, and loads nothing of etcd without the section', async () => {
      const { alpha, beta } = make();
      for (const [host, build] of [
        [alpha, 'trunk'],
        [beta, 'beta-gcc'],
        [alpha, 'trunk'],
        [beta, 'beta-gcc'],
      ] as const) {
        expect(await stagelock(host, ['run', build])).toMatchObject({ code: 0, stderr: '' });
      }
      const scripts = async (): Promise<string> => {
        const directory = join(hosts.root, `coverage-${Math.random()}`);
        expect((await stagelock(alpha, ['run', 'trunk'], { environment: { NODE_V8_COVERAGE: directory } })).code).toBe(
          0,
        );
        return readdirSync(directory)
          .map((file) => readFileSync(join(directory, file), 'utf8'))
          .join('');
      };
      expect(await scripts()).toMatch(/shared-line/);
      const config = readFileSync(alpha.configFile, 'utf8');
      writeFileSync(alpha.configFile, config.replace(/\[coordination\][\s\S]*(?=\[defaults\])/, ''));
      expect(await scripts()).not.toMatch(/shared-line|undici|etcd/);
    });

    test('a run that died is seen, and cleared, from another host; its own host goes on then', async () => {
      const { alpha, beta } = make(HELD);
      await stagelock(alpha, ['run', 'trunk']);
      const run = await building(beta, 'beta-gcc');
      const forecast = await stagelock(beta, ['run', 'beta-gcc', '--dry-run']);
      expect(forecast.stdout).toContain('etcd: held, so the run would not begin:');
      expect(forecast.stdout).toContain('the checkout would be brought to update 1 of trunk');
      const alive = await stagelock(alpha, ['status']);
      expect(alive.stdout).toMatch(/beta-gcc \(on beta\): running\n/);
      expect(alive.stdout).toContain('/locks/trunk/running.beta-gcc: run of beta-gcc, held by');
      const refused = await stagelock(alpha, ['unlock', 'beta-gcc', '--yes']);
      expect(refused.code).toBe(75);
      expect(refused.stderr).toContain('To end what runs there, on beta: stagelock kill beta-gcc');
      const kill = await stagelock(alpha, ['kill', 'beta-gcc', '--yes']);
      expect(kill.code).toBe(75);
      expect(kill.stderr).toMatch(
        /processes of another host can be ended only there:\n {2}process \d+ of \S+ on beta\n/,
      );

      run.kill('SIGKILL');
      await run.ended;
      hosts.commit();
      const blocked = await stagelock(alpha, ['run', 'trunk']);
      expect(blocked.code).toBe(75);
      expect(blocked.stderr).toContain('secondaries are still building');
      await until(
        'the end of its lease',
        async () => (await stagelock(alpha, ['status', 'beta-gcc'])).stdout.includes('left locks behind'),
        30_000,
      );
      const dead = await stagelock(alpha, ['status', 'beta-gcc']);
      expect(dead.stdout).toMatch(/has not renewed its lease in etcd for \d+ s/);
      expect((await stagelock(alpha, ['unlock', 'beta-gcc', '--yes'])).code).toBe(0);
      expect((await stagelock(alpha, ['run', 'trunk'])).code).toBe(0);

      const updates = await stagelock(beta, ['updates', 'trunk']);
      expect(updates.stdout).toContain('trunk: 2 records in etcd:');
      expect(updates.stdout).toMatch(/trunk has built all of them/);
      writeFileSync(join(beta.root, 'go'), '');
      const next = await stagelock(beta, ['run', 'beta-gcc']);
      expect(next).toMatchObject({ code: 0, stderr: '' });
      expect(beta.built()).toEqual(['1', '2']);
    });

    test('a run that is stopped in its middle and cleared meanwhile records nothing when it goes on', async () => {
      const { alpha, beta } = make(HELD);
      await stagelock(alpha, ['run', 'trunk']);
      const run = await building(beta, 'beta-gcc');
      run.kill('SIGSTOP');
      await until(
        'the end of its lease',
        async () => (await stagelock(alpha, ['status', 'beta-gcc'])).stdout.includes('left locks behind'),
        30_000,
      );
      expect((await stagelock(alpha, ['unlock', 'beta-gcc', '--yes'])).code).toBe(0);
      run.kill('SIGCONT');
      const { code, stderr } = await run.ended;
      expect(code).toBe(75);
      expect(stderr).toMatch(/beta-gcc: ended in its middle, because /);
      // It builds the same again: its cursor has not moved.
      writeFileSync(join(beta.root, 'go'), '');
      expect(await stagelock(beta, ['run', 'beta-gcc'])).toMatchObject({ code: 0 });
      expect(beta.built()).toEqual(['1', '1']);
    });

    test('where etcd is away nothing is begun, and the message says which members do not answer', async () => {
      const { alpha } = make();
      const config = readFileSync(alpha.configFile, 'utf8');
      const elsewhere = config.replace(/etcd = .*/, 'etcd = ["http://127.0.0.1:9", "http://127.0.0.1:10"]');
      writeFileSync(alpha.configFile, elsewhere.replace(/request_timeout = .*/, 'request_timeout = "1 s"'));
      const { code, stderr } = await stagelock(alpha, ['run', 'trunk']);
      expect(code).toBe(75);
      expect(stderr).toContain('trunk: not run, because what its hosts share could not be reached');
      expect(stderr).toMatch(/127\.0\.0\.1:9.*127\.0\.0\.1:10/);
      const exec = ['exec', '--strategy', 'etcd', '--lock', 'b', '--', 'sh', '-c', 'echo ran; exit 3'];
      expect(await stagelock(alpha, exec)).toMatchObject({ code: 75, stdout: '' });
      const away = readFileSync(alpha.configFile, 'utf8');
      writeFileSync(alpha.configFile, away.replace('[defaults]', 'when_away = "compile"\n[defaults]'));
      const without = await stagelock(alpha, exec);
      expect(without).toMatchObject({ code: 3, stdout: 'ran\n' });
      expect(without.stderr).toContain('sh runs without its lock (when_away = "compile")');
      const status = await stagelock(alpha, ['status']);
      expect(status.code).toBe(75);
      expect(status.stdout).toContain('other hosts: unknown, because etcd could not be asked');
      expect(JSON.parse((await stagelock(alpha, ['status', '--json'])).stdout)).toMatchObject({
        hosts: { locks: [], problem: expect.stringContaining('127.0.0.1:9') },
      });
    });

    test('exec holds a lock by its name for all hosts, with a token that grows', async () => {
      const { alpha, beta } = make();
      const held = start(alpha, ['exec', '--strategy', 'etcd', '--lock', 'a licence', '--', 'sh', '-c', HELD]);
      running.push(held);
      await until('the command', () => existsSync(join(hosts.root, 'begun')));
      const refused = await stagelock(beta, ['exec', '--strategy', 'etcd', '--lock', 'a licence', '--', 'true']);
      expect(refused.code).toBe(75);
      expect(refused.stderr).toMatch(
        /a licence: claimed by others before:\n {2}pid \d+ of \S+ on alpha, since .*: sh -c/,
      );
      const token = ['exec', '--strategy', 'etcd', '--lock', 'b', '--', 'sh', '-c', 'echo $STAGELOCK_LOCK_TOKEN'];
      const [first, second] = [await stagelock(alpha, token), await stagelock(beta, token)];
      expect(Number(second.stdout)).toBeGreaterThan(Number(first.stdout));
      const failed = await stagelock(alpha, ['exec', '--strategy', 'etcd', '--lock', 'b', '--', 'sh', '-c', 'exit 7']);
      expect(failed.code).toBe(7);
    });

    test('of two schedulers one runs each firing, and the other one goes on when that is gone', {
      timeout: 90_000,
    }, async () => {
      hosts = new Hosts(cluster.endpoints);
      const tables = primary('trunk', 'schedule = "* * * * *"\nmodel = "Experimental"');
      const [alpha, beta] = [hosts.host('alpha', tables), hosts.host('beta', tables)];
      const schedule = (host: HostOf): Running => {
        const scheduler = start(host, ['schedule'], { environment: fast(12), node: FAST });
        running.push(scheduler);
        return scheduler;
      };
      const [first, second] = [schedule(alpha), schedule(beta)];
      const etcd = cluster.client();
      const firings = async () => (await etcd.list(`${hosts.coordination.prefix}/firings/trunk/`)).entries;
      await until('some firings', async () => (await firings()).length >= 4, 40_000);
      first.kill('SIGKILL');
      await first.ended;
      const before = (await firings()).length;
      await until('more of them', async () => (await firings()).length >= before + 3, 40_000);
      second.kill('SIGTERM');
      expect((await second.ended).code).toBe(0);
      const entries = await firings();
      const ran = [...alpha.built(), ...beta.built()];
      expect(ran).toHaveLength(entries.length);
      expect(entries.slice(before + 1).every(({ value }) => value.startsWith('beta '))).toBe(true);
      // Minutes follow one another: none is missing.
      const minutes = entries
        .map(({ key }) => key.slice(-6, -1))
        .map((text) => Number(text.slice(1, 3)) * 60 + Number(text.slice(3)));
      expect(new Set(minutes).size).toBe(minutes.length);
    });
  },
);

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { HAS_SETPRIV, leftIn, pidIn, runs, script } from './helper.js';
import { HostDirectory } from './hosts-in-etcd.js';

describe.skipIf(noEtcd !== undefined)(`the lease of an object's lock in etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());

  const slowIn = (root: string): string =>
    script(root, 'slow', `echo $$ > ${root}/pid; while ! test -e ${root}/go; do sleep 0.05; done; echo new > "$last"`);

  test('cannot be renewed: the compiler is ended before it is over, and the old object stays', async () => {
    const host = new HostDirectory({ endpoints: cluster.endpoints });
    writeFileSync(host.path('objects/a.o'), 'old');
    const running = host.start(['compile', '--target=a.o', '--strategy=etcd', '--', slowIn(host.root)]);
    const pid = await pidIn(host.path('pid'));
    const began = performance.now();
    cluster.members[0]?.pause();
    try {
      const { end, stderr } = await running.ended;
      expect(end).toBe(75);
      expect(stderr).toContain(
        'a.o was not put in its place, because etcd did not renew the lease of its lock in time',
      );
      // Requests that hang end by their own limits, after the compiler has.
      expect(runs(pid)).toBe(false);
      expect(performance.now() - began).toBeLessThan(30_000);
    } finally {
      cluster.members[0]?.resume();
    }
    expect(readFileSync(host.path('objects/a.o'), 'utf8')).toBe('old');
    expect(leftIn(host.path('objects'), 'a.o')).toEqual([]);
  });

  test('cannot be renewed, with when_away = "compile": the compile goes on, and the helper says what that may mean', async () => {
    const host = new HostDirectory({ endpoints: cluster.endpoints, more: 'when_away = "compile"' });
    const running = host.start(['compile', '--target=a.o', '--strategy=etcd', '--', slowIn(host.root)]);
    await pidIn(host.path('pid'));
    cluster.members[0]?.pause();
    try {
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      writeFileSync(host.path('go'), '');
      const { end, stderr } = await running.ended;
      expect(end).toBe(0);
      expect(stderr).toContain(
        'the lease of the lock of a.o ran out while it was held; it may have been compiled twice',
      );
    } finally {
      cluster.members[0]?.resume();
    }
    expect(readFileSync(host.path('objects/a.o'), 'utf8')).toBe('new\n');
  });

  test.skipIf(!HAS_SETPRIV)(
    'of a killed helper runs out: its compiler dies at once, and another host goes on then',
    async () => {
      const [alpha, beta] = [
        new HostDirectory({ endpoints: cluster.endpoints }),
        new HostDirectory({ endpoints: cluster.endpoints, name: 'beta' }),
      ];
      const killed = alpha.start(['compile', '--target=a.o', '--strategy=etcd', '--', slowIn(alpha.root)]);
      const pid = await pidIn(alpha.path('pid'));
      const next = beta.start(['compile', '--target=a.o', '--strategy=etcd', '--', slowIn(beta.root)]);
      killed.child.kill('SIGKILL');
      await until('the death of the compiler', () => !runs(pid));
      expect(existsSync(alpha.path('objects/a.o'))).toBe(false);
      expect(existsSync(beta.path('pid'))).toBe(false);
      writeFileSync(beta.path('go'), '');
      expect((await next.ended).end).toBe(0);
      expect(readFileSync(beta.path('objects/a.o'), 'utf8')).toBe('new\n');
    },
  );
});

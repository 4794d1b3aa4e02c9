import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Keys } from '../../../src/coordination/keys.js';
import { LineJournal } from '../../../src/coordination/line-journal.js';
import { expectProtocol } from './protocol-oracle.js';
import type { Scene } from './scene.js';

/** What must hold, whatever happened: of what stands in etcd and on each host, of all that has changed in etcd, and of what stages saw. */
export async function judge(scene: Scene): Promise<void> {
  const { hosts, builds, etcd, chronicle } = scene;
  const keys = new Keys(hosts.coordination.prefix);
  const journal = new LineJournal(etcd, keys, 'trunk');
  const head = await journal.head();
  const records = await journal.after(0);
  // The journal is one chain to the newest commit, in all journals the same.
  expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index + 1));
  for (const [index, record] of records.entries())
    if (index > 0) expect(record.prior).toBe(records[index - 1]?.revision);
  const commits = records.flatMap(({ changes }) => changes.map(({ log }) => log.trim()));
  expect(commits).toEqual(Array.from({ length: hosts.commits - 1 }, (_, index) => `commit ${index + 2}`));
  for (const { host, name } of builds) {
    for (const { sequence, revision } of records) {
      const file = join(host.root, name, 'Testing', 'Updates', `${String(sequence).padStart(8, '0')}.json`);
      // A follower begins with the record that was the newest then.
      if (existsSync(file)) expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ sequence, revision });
    }
  }
  // Each has come to the end, in etcd and on its host.
  const cursors = await journal.cursors();
  for (const { host, name } of builds) {
    expect(cursors.get(name)).toBe(head?.sequence);
    const cursor = join(host.root, name, 'Testing', 'Updates', 'cursors', `${name}.json`);
    expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject({ record: head?.sequence, completed: true });
  }
  expect((await etcd.list(keys.locks)).entries).toEqual([]);
  expect(await chronicle.upToNow(20_000)).toBeDefined();
  expectProtocol(scene, keys.prefix);
  expectOrder(scene);
}

/** A line of the file that the stages write. */
interface Witnessed {
  readonly what: string;
  readonly build: string;
  readonly pid: string;
  readonly at: bigint;
  readonly latest: string;
}

function witnessed(root: string): Witnessed[] {
  const file = join(root, 'witness');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [what = '', build = '', pid = '', at = '0', latest = ''] = line.split(' ');
      return { what, build, pid, at: BigInt(at), latest };
    });
}

/** No stage saw its source change, no build ran twice at once, and what a build saw never went back. */
function expectOrder({ hosts, tally }: Scene): void {
  const lines = witnessed(hosts.root);
  for (const build of new Set(lines.map((line) => line.build))) {
    const own = lines.filter((line) => line.build === build);
    let seen = 0;
    for (const begin of own.filter(({ what }) => what === 'begin')) {
      tally.add('stage witnessed');
      const end = own.find(({ what, pid, at }) => what === 'end' && pid === begin.pid && at >= begin.at);
      if (end !== undefined) expect(end.latest).toBe(begin.latest);
      const inside = own.filter(
        ({ what, pid, at }) =>
          what === 'begin' && pid !== begin.pid && at > begin.at && end !== undefined && at < end.at,
      );
      expect(inside).toEqual([]);
      expect(Number(begin.latest)).toBeGreaterThanOrEqual(seen);
      seen = Number(begin.latest);
    }
  }
}

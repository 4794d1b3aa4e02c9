import { execFile } from 'node:child_process';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Etcd } from '../../../src/etcd/etcd.js';
import type { Scene } from './scene.js';

const call = promisify(execFile);

/** Of each member, in bytes: what a schedule needs, and not much more. */
export const QUOTA = 16 * 1024 * 1024;
/** Keys of another user of the cluster, who writes more than fits. */
const FOREIGN = '/another/';

/**
 * The history of keys is forgotten: who watches and was cut off has to read again. Only what the chronicle has seen, which would miss it
 * otherwise. Sometimes a member tidies up its file afterwards, for which it stands still.
 */
export async function compaction({ random, cluster, chronicle, troubles, tally }: Scene): Promise<void> {
  const member = random.pick(cluster.members);
  const isTidied = random.chance(0.4);
  const revision = await chronicle.upToNow(3000);
  if (revision === undefined) return;
  const forgotten = await cluster.control(['compact', String(revision)]).catch(() => undefined);
  tally.add(forgotten === undefined ? 'compaction that failed' : 'compaction');
  if (!isTidied || !member.running) return;
  troubles.begin([member.name], async () => {
    const tidied = await cluster.control(['defrag'], member.endpoint).catch(() => undefined);
    if (tidied !== undefined) tally.add('defragmentation');
  });
}

/** The disk of the first member is full for some seconds. A member that has died of it is started again by a person. */
export function fullDisk({ random, cluster, etcd, troubles, tally }: Scene): void {
  const [member] = cluster.members;
  const ms = 1000 + random.next() * 4000;
  const machine = member?.machine;
  if (member === undefined || machine === undefined) return;
  troubles.begin([member.name, 'space'], async () => {
    const ballast = join(machine.seen(member.data), 'ballast');
    await fill(ballast);
    const end = performance.now() + ms;
    for (let count = 0; performance.now() < end; count++) {
      // So that it needs more of the disk.
      if (count < 30) await write(etcd, `${FOREIGN}${count}`, 100_000);
      await sleep(100);
    }
    tally.add(`full disk of a member, which ${member.running ? 'lived on' : 'died'}`);
    await rm(ballast);
    if (!member.running) await member.start();
    await cluster.control(['del', '--prefix', FOREIGN]).catch(() => undefined);
  });
}

/** Makes a file that leaves nothing of its disk. */
async function fill(file: string): Promise<void> {
  await writeFile(file, '');
  for (let length = 0; ; ) {
    const { bavail, bsize } = await statfs(file);
    if (bavail === 0) return;
    length += bavail * bsize;
    // Whatever the member takes meanwhile is as good.
    await call('fallocate', ['--length', String(length), file]).catch(() => (length -= bavail * bsize));
  }
}

/** Another user fills the database up to its quota: etcd takes nothing any more until a person has made room. */
export function noSpace(scene: Scene): void {
  const { random, cluster, etcd, troubles, tally } = scene;
  const ms = random.next() * 2500;
  troubles.begin(['space', ...cluster.members.map(({ name }) => name)], async () => {
    for (let count = 0; await write(etcd, `${FOREIGN}${count}`, 1_400_000); count++) if (count > 50) return;
    tally.add('quota exceeded (NOSPACE)');
    await sleep(ms);
    await makeRoom(scene);
  });
}

/** What a person does after an alarm. All members have to be there. */
export async function makeRoom({ cluster, chronicle }: Scene): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await cluster.control(['del', '--prefix', FOREIGN]);
      const revision = await chronicle.upToNow(5000);
      if (revision === undefined) throw new Error('the chronicle does not come up to now');
      await cluster.control(['compact', String(revision)]).catch(() => undefined);
      for (const { endpoint } of cluster.members) await cluster.control(['defrag'], endpoint);
      await cluster.control(['alarm', 'disarm']);
      if ((await cluster.control(['alarm', 'list'])).trim() === '') return;
    } catch (error) {
      if (attempt > 20) throw error;
    }
    await sleep(300);
  }
}

/** @returns false when etcd refuses it for want of space */
async function write(etcd: Etcd, key: string, size: number): Promise<boolean> {
  try {
    await etcd.transact({ compare: [], then: [{ put: key, value: 'x'.repeat(size) }] });
  } catch (error) {
    return !String(error).includes('space exceeded');
  }
  return true;
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Attempt, type Moment, missingForKills, type Scene, sceneOf, some } from '../systems/broken.js';

const missing = missingForKills('cvs');
const able = test.skipIf(missing.length > 0);
const SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? 1);
const KILLS = Number(process.env['STAGELOCK_REPAIR_KILLS'] ?? 8);

/** A lock that a killed cvs has left in the repository needs a person; a reader's file for others does not stop us. */
const leavesNoLock = ({ call }: Moment): boolean => call !== 'rmdir';

async function countedOf(scene: Scene): Promise<Attempt> {
  const counted = new Attempt(scene, 'counted');
  expect(await counted.move('counted')).toBe('moved');
  expect(counted.files()).toEqual(scene.wanted);
  return counted;
}

/** An attempt whose client was killed when it had got that far. */
async function brokenAt(scene: Scene, part: number, before?: (one: Attempt) => void): Promise<Attempt> {
  const moments = (await countedOf(scene)).moments().filter(leavesNoLock);
  const attempt = new Attempt(scene, 'killed');
  before?.(attempt);
  expect(await attempt.move(moments[Math.floor(part * moments.length)])).toBe('broken');
  return attempt;
}

describe(`a killed cvs update${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  able.each([
    ['a local repository', ''],
    ['a server', ':fork:'],
  ])(
    'of %s needs no person, whenever it was killed, and however often',
    { timeout: 120_000 },
    async (_what, method) => {
      const scene = await sceneOf('cvs');
      if (method !== '') follow(scene, `${method}${scene.root}/store`);
      const counted = await countedOf(scene);
      let broke = 0;
      for (const [i, when] of some(counted.moments().filter(leavesNoLock), KILLS, SEED).entries()) {
        const attempt = new Attempt(scene, `killed-${i}`, counted.left);
        if ((await attempt.move(when)) === 'broken') broke++;
        if (i % 2 === 0) await attempt.repair({ ...when, nth: Math.ceil(when.nth / 2) });
        expect({ when, result: await attempt.repair() }).toMatchObject({ when, result: { kind: 'whole' } });
        expect({ when, files: attempt.files() }).toEqual({ when, files: scene.wanted });
        expect(await scene.system.currentRevision(attempt.checkout())).toEqual(
          await scene.system.currentRevision(counted.checkout()),
        );
        expect(readdirSync(join(attempt.source, 'CVS')).filter((name) => name.startsWith(',,'))).toEqual([]);
      }
      expect(broke).toBeGreaterThan(KILLS / 3);
    },
  );

  able('keeps what a person had changed before', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('cvs');
    const attempt = await brokenAt(scene, 0.5, (one) => one.write('mine', 'by hand\n'));
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(new Map(scene.wanted).set('mine', 'by hand\n'));
  });

  able('does not touch what a person changed since, and says so', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('cvs');
    const attempt = await brokenAt(scene, 0.5);
    const paths = ['kept/f6', 'still', 'big.c'];
    // cvs tells changed files by their times, in seconds.
    await new Promise((resolve) => setTimeout(resolve, 1010 - (Date.now() % 1000)));
    for (const path of paths) attempt.write(path, 'by hand\n');
    attempt.write('come/deep/f6', 'by hand\n');
    const before = attempt.files();
    const refused = await attempt.repair();
    for (const path of paths) {
      expect(refused).toMatchObject({ kind: 'refused', message: expect.stringContaining(path) });
    }
    expect(attempt.files()).toEqual(before);
    // What the message advises helps.
    for (const path of [...paths, 'come/deep/f6']) rmSync(join(attempt.source, path));
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(scene.wanted);
  });

  able('does not count as whole a directory that cvs passes over', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('cvs');
    const attempt = new Attempt(scene, 'passed-over');
    expect(await attempt.move({ call: 'mkdir', nth: 3 })).toBe('broken');
    attempt.write('come/own', 'by hand\n');
    expect(await attempt.repair()).toMatchObject({ kind: 'refused', message: expect.stringContaining('come') });
    expect(attempt.files().get('come/own')).toBe('by hand\n');
    rmSync(join(attempt.source, 'come/own'));
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(scene.wanted);
  });

  able(
    'of a server goes on where a new directory is known already and has no place yet',
    { timeout: 60_000 },
    async () => {
      const scene = await sceneOf('cvs');
      follow(scene, `:fork:${scene.root}/store`);
      const counted = await countedOf(scene);
      const attempt = new Attempt(scene, 'begun', counted.left);
      // What a client has written that was killed between two of its files.
      for (const name of ['Root', 'Repository']) {
        const text = readFileSync(join(counted.source, 'come/CVS', name), 'utf8');
        attempt.write(`come/CVS/${name}`, text);
      }
      attempt.write('CVS/Entries.Log', 'A D/come////\n');
      attempt.write('come/CVS/Entries', 'D\n');
      attempt.write('come/CVS/Entries.Log', 'A D/deep////\n');
      attempt.write('come/deep/CVS/Entries', 'D\n');
      expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
      expect(attempt.files()).toEqual(scene.wanted);
    },
  );

  able('names the lock that it left in the repository', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('cvs');
    const attempt = await brokenAt(scene, 0.5);
    const lock = join(scene.root, 'store/module/#cvs.lock');
    mkdirSync(lock);
    const hurried = { ...attempt.checkout(), timeoutMs: 3_000, graceMs: 100 };
    const failed = await scene.system.repair(hurried, attempt.left);
    expect(failed).toMatchObject({ kind: 'failed', message: expect.stringContaining(`rmdir '${lock}'`) });
    execFileSync('rmdir', [lock]);
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(existsSync(lock)).toBe(false);
  });
});

/** Has the checkout of a scene ask for its repository in another way. */
function follow(scene: Scene, root: string): void {
  for (const directory of ['.', 'kept', 'gone']) writeFileSync(join(scene.base, directory, 'CVS/Root'), `${root}\n`);
}

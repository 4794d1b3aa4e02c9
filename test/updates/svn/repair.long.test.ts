import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Attempt, missingForKills, type Scene, sceneOf, some } from '../systems/broken.js';
import { environment } from '../systems/repositories.js';

const missing = missingForKills('svn');
const able = test.skipIf(missing.length > 0);
const SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? 1);
const KILLS = Number(process.env['STAGELOCK_REPAIR_KILLS'] ?? 14);

/** An attempt whose client was killed when it had got that far. */
async function brokenAt(
  scene: Scene,
  name: string,
  part: number,
  before?: (attempt: Attempt) => void,
): Promise<Attempt> {
  const counted = new Attempt(scene, `${name}-counted`);
  before?.(counted);
  await counted.move('counted');
  const attempt = new Attempt(scene, name);
  before?.(attempt);
  expect(await attempt.move(counted.moments().at(part * counted.moments().length))).toBe('broken');
  return attempt;
}

const svn = (attempt: Attempt, ...args: string[]): string =>
  execFileSync('svn', args, { cwd: attempt.source, env: environment }).toString();

describe(`a killed svn update${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  able('needs no person, whenever it was killed, and however often', { timeout: 120_000 }, async () => {
    const scene = await sceneOf('svn');
    const counted = new Attempt(scene, 'counted');
    expect(await counted.move('counted')).toBe('moved');
    expect(counted.files()).toEqual(scene.wanted);
    let broke = 0;
    for (const [i, when] of some(counted.moments(), KILLS, SEED).entries()) {
      const attempt = new Attempt(scene, `killed-${i}`);
      if ((await attempt.move(when)) === 'broken') broke++;
      // Every other repair is killed, too, before one may end.
      if (i % 2 === 0) await attempt.repair({ ...when, nth: Math.ceil(when.nth / 2) });
      expect({ when, result: await attempt.repair() }).toMatchObject({ when, result: { kind: 'whole' } });
      expect(attempt.files()).toEqual(scene.wanted);
    }
    expect(broke).toBeGreaterThan(KILLS / 2);
  });

  able('keeps what a person had changed before', async () => {
    const scene = await sceneOf('svn');
    const attempt = await brokenAt(scene, 'mine', 0.5, (one) => one.write('mine', 'by hand\n'));
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(new Map(scene.wanted).set('mine', 'by hand\n'));
  });

  able.each([
    ['a file that the update has yet to change', 0.05, 'kept/f6'],
    ['a file that it has changed', 0.95, 'kept/f1'],
    ['a file that it does not change', 0.5, 'still'],
    ['a file where it adds one', 0.05, 'come/deep/f3'],
  ])('does not touch %s when a person changed it since, and says so', async (_what, part, path) => {
    const scene = await sceneOf('svn');
    const attempt = await brokenAt(scene, 'since', part);
    attempt.write(path, 'by hand\n');
    const refused = await attempt.repair();
    expect(refused).toMatchObject({ kind: 'refused', message: expect.stringMatching(/\b(come|kept|still)/) });
    expect(readFileSync(join(attempt.source, path), 'utf8')).toBe('by hand\n');
    // What the message advises helps.
    if (path.startsWith('come')) execFileSync('rm', ['-r', 'come'], { cwd: attempt.source });
    else svn(attempt, 'revert', path);
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(scene.wanted);
  });

  able('in mode reset discards what a person changed since', async () => {
    const scene = await sceneOf('svn', 'reset');
    const attempt = await brokenAt(scene, 'reset', 0.5);
    attempt.write('kept/f6', 'by hand\n');
    attempt.write('come/deep/f3', 'by hand\n');
    attempt.write('unknown', 'by hand\n');
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(new Map([...scene.wanted, ['unknown', 'by hand\n']]));
  });

  able('names no directory that is half there as a local change, and can be updated without the mark', async () => {
    const scene = await sceneOf('svn');
    const attempt = await brokenAt(scene, 'incomplete', 0.5);
    svn(attempt, 'cleanup');
    expect(svn(attempt, 'status')).toMatch(/^! +\.$/m);
    expect(await scene.system.localChanges(attempt.checkout())).toMatchObject({ modified: [], conflicting: [] });
    expect(await attempt.move()).toBe('moved');
    expect(attempt.files()).toEqual(scene.wanted);
  });

  able('leaves a lock alone that a living svn has', async () => {
    const scene = await sceneOf('svn');
    const attempt = await brokenAt(scene, 'living', 0.5);
    const database = join(attempt.source, '.svn', 'wc.db');
    const reader = spawn('sh', ['-c', 'exec 3<"$1"; echo open; read -r x', 'sh', database], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(reader.stdout, 'data');
    onTestFinished(() => void reader.kill('SIGKILL'));
    const message = expect.stringContaining(`pid ${reader.pid}`);
    expect(await attempt.repair()).toMatchObject({ kind: 'refused', message });
    expect(svn(attempt, 'status')).toMatch(/^.. ?L/m);
    expect(await attempt.move()).toBe('refused');
    await ended(reader);
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
  });

  able('is completed in an external, too', async () => {
    const scene = await sceneOf('svn');
    const store = `file://${scene.root}/store`;
    const work = join(scene.root, 'outer');
    const inOuter = (...args: string[]): string =>
      execFileSync('svn', args, { cwd: work, env: environment }).toString();
    execFileSync('svn', ['checkout', '-q', `${store}/other`, work], { env: environment });
    const put = (revision: number): void => {
      inOuter('propset', '-q', 'svn:externals', `^/trunk@${revision} sub/lib`, '.');
      inOuter('commit', '-q', '-m', `external at ${revision}`);
    };
    put(2);
    const outer: Scene = { ...scene, base: join(scene.root, 'outer-base') };
    execFileSync('svn', ['checkout', '-q', `${store}/other`, outer.base], { env: environment });
    put(3);
    const attempt = await brokenAt(outer, 'outer-killed', 0.6);
    expect(await attempt.repair()).toMatchObject({ kind: 'whole', revision: '5+^/other+sub/lib@3' });
    expect(attempt.files()).toEqual(new Map([...scene.wanted].map(([path, text]) => [`sub/lib/${path}`, text])));
  });
});

describe(`an svn update that svn calls a success${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  able('is refused before it makes a conflict of a file that svn does not know', async () => {
    const attempt = new Attempt(await sceneOf('svn'), 'unknown');
    attempt.write('come/deep/f3', 'by hand\n');
    expect(await attempt.move()).toBe('refused');
    expect(attempt.files()).toEqual(new Map([...attempt.scene.old, ['come/deep/f3', 'by hand\n']]));
  });
});

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

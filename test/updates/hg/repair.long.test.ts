import { execFileSync } from 'node:child_process';
import { existsSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Attempt, filesIn, missingForKills, type Scene, sceneOf, some } from '../systems/broken.js';
import { environment } from '../systems/repositories.js';

const missing = missingForKills('hg');
const able = test.skipIf(missing.length > 0);
const SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? 1);
const KILLS = Number(process.env['STAGELOCK_REPAIR_KILLS'] ?? 4);

/** An attempt whose client was killed at its nth call of that name. */
async function brokenAt(scene: Scene, call: string, nth: number, before?: (one: Attempt) => void): Promise<Attempt> {
  const attempt = new Attempt(scene, 'killed');
  before?.(attempt);
  expect(await attempt.move({ call, nth })).toBe('broken');
  return attempt;
}

const hg = (attempt: Attempt, ...args: string[]): string =>
  execFileSync('hg', args, { cwd: attempt.source, env: environment }).toString();

describe(`a killed hg update${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  able('needs no person, whenever it was killed, and however often', { timeout: 300_000 }, async () => {
    const scene = await sceneOf('hg');
    const counted = new Attempt(scene, 'counted');
    expect(await counted.move('counted')).toBe('moved');
    expect(counted.files()).toEqual(scene.wanted);
    let broke = 0;
    for (const [i, when] of some(counted.moments(), KILLS, SEED).entries()) {
      const attempt = new Attempt(scene, `killed-${i}`, counted.left);
      if ((await attempt.move(when)) === 'broken') broke++;
      if (i % 2 === 0) await attempt.repair({ ...when, nth: Math.ceil(when.nth / 2) });
      expect({ when, result: await attempt.repair() }).toMatchObject({ when, result: { kind: 'whole' } });
      const at = await scene.system.currentRevision(attempt.checkout());
      const isOld = 'revision' in at && at.revision === attempt.left.from;
      expect(attempt.files()).toEqual(isOld ? scene.old : scene.wanted);
      if (i > 0) continue;
      expect(await attempt.move()).toBe('moved');
      expect(attempt.files()).toEqual(scene.wanted);
    }
    expect(broke).toBeGreaterThan(KILLS / 2);
  });

  able('keeps what a person had changed before', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('hg');
    const attempt = await brokenAt(scene, 'unlink', 14, (one) => one.write('mine', 'by hand\n'));
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(new Map(scene.old).set('mine', 'by hand\n'));
  });

  able('does not touch what a person changed since, and says so', { timeout: 300_000 }, async () => {
    const scene = await sceneOf('hg');
    const attempt = await brokenAt(scene, 'unlink', 14);
    const known = ['kept/f6', 'kept/f1'];
    const unknown = ['come/deep/f1', 'come/deep/f6'];
    for (const path of [...known, ...unknown]) attempt.write(path, 'by hand\n');
    const before = attempt.files();
    const refused = await attempt.repair();
    expect(refused).toMatchObject({ kind: 'refused', message: expect.stringContaining('kept/f6') });
    for (const path of [...known, ...unknown]) expect('message' in refused && refused.message).toContain(path);
    expect(attempt.files()).toEqual(before);
    // What the message advises helps.
    hg(attempt, 'revert', '--no-backup', '-r', attempt.left.from, ...known);
    for (const path of unknown) rmSync(join(attempt.source, path));
    attempt.write('still', 'by hand\n');
    expect(await attempt.repair()).toMatchObject({ kind: 'refused', message: expect.stringContaining('still') });
    expect(attempt.files().get('still')).toBe('by hand\n');
    attempt.write('still', 's\n');
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(scene.old);
  });

  able('removes and writes nothing where a link leads that somebody has put there', { timeout: 300_000 }, async () => {
    const scene = await sceneOf('hg');
    const attempt = await brokenAt(scene, 'unlink', 14);
    const elsewhere = (name: string): string => join(scene.root, `elsewhere-${name}`);
    for (const name of ['kept', 'come']) {
      renameSync(join(attempt.source, name), elsewhere(name));
      symlinkSync(elsewhere(name), join(attempt.source, name));
    }
    const away = [filesIn(elsewhere('kept')), filesIn(elsewhere('come'))];
    const refused = await attempt.repair();
    expect(refused).toMatchObject({ kind: 'refused', message: expect.stringContaining('in the place of kept.') });
    const [, command = ''] = /^ {2}(mv .*)$/m.exec('message' in refused ? refused.message : '') ?? [];
    execFileSync('sh', ['-c', command]);
    rmSync(join(attempt.source, 'kept.mine'));
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(new Map(scene.old).set('come', `-> ${elsewhere('come')}`));
    expect([filesIn(elsewhere('kept')), filesIn(elsewhere('come'))]).toEqual(away);
  });

  able('in mode reset is completed, whatever a person changed since', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('hg', 'reset');
    const attempt = await brokenAt(scene, 'unlink', 14);
    for (const path of ['kept/f6', 'still', 'come/deep/f6', 'unknown']) attempt.write(path, 'by hand\n');
    expect(await attempt.repair()).toMatchObject({ kind: 'whole' });
    expect(attempt.files()).toEqual(new Map([...scene.wanted, ['unknown', 'by hand\n']]));
  });
});

describe(`a killed hg pull${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  able('is rolled back by the next one', { timeout: 60_000 }, async () => {
    const scene = await sceneOf('hg');
    const attempt = new Attempt(scene, 'pulled');
    rmSync(attempt.source, { recursive: true });
    execFileSync('hg', ['clone', '-q', '-r', '0', join(scene.root, 'store'), attempt.source], { env: environment });
    const inject = ['-qq', '-f', '-o', '/dev/null', '-e', 'trace=rename', '-e', 'inject=rename:signal=KILL:when=3'];
    expect(() =>
      execFileSync('strace', [...inject, 'hg', 'pull'], { cwd: attempt.source, env: environment, stdio: 'ignore' }),
    ).toThrow();
    expect(existsSync(join(attempt.source, '.hg/store/journal'))).toBe(true);
    expect(readlinkSync(join(attempt.source, '.hg/store/lock'))).toMatch(/:\d+$/);
    expect(await attempt.move()).toBe('moved');
    expect(attempt.files()).toEqual(scene.wanted);
  });
});

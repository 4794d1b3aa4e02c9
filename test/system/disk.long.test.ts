import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noRoot, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
const mountPoint = mkdtempSync(join(tmpdir(), 'stagelock-disk-'));
const noMount = whyNoMount();

afterEach(() => worlds.remove());
afterAll(() => rmdirSync(mountPoint));

describe.skipIf(noMount !== undefined)(`on a small disk${noMount === undefined ? '' : ` (${noMount})`}`, () => {
  beforeEach(mount);
  afterEach(() => execFileSync('umount', [mountPoint]));

  test('that is full, a run changes nothing and leaves no lock; with space again, it builds', async () => {
    const world = await worlds.built({ buildsIn: mountPoint });
    world.commit(1);
    const before = files();
    fill();
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended).toMatchObject({ code: 70, stdout: '' });
    expect(ended.stderr).toMatch(
      /^stagelock: .*(no space left|disk is full).*\n {2}main was not built; no lock is left\.\n$/,
    );
    free();
    expect(files()).toEqual(before);
    expect((await stagelock(world, ['run', 'main'])).stdout).toMatch(/update: 1 commit\n/);
  });

  test('that the log of a build fills, the run ends with an error, and no update is lost', async () => {
    const world = await worlds.built({ buildsIn: mountPoint });
    world.commit(1);
    const ended = await stagelock(world, ['run', 'main'], { environment: { WORK: 'yes "a long log"' } });
    expect(ended.code).toBe(70);
    expect(ended.stderr).toMatch(
      /^stagelock: the disk is full: ENOSPC: .*\n {2}Its locks stay \(\S+\/build, \S+\/running\); after a look: /,
    );
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    execFileSync('find', [mountPoint, '-name', 'LastBuild_*', '-delete']);
    expect(files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    const again = await stagelock(world, ['run', 'main']);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(/update: 1 commit\n/);
  });

  test('that is full when a stage is to be reported, the run ends with an error, and what it built is built again', async () => {
    const world = await worlds.built({ buildsIn: mountPoint });
    world.commit(1);
    const ended = await stagelock(world, ['run', 'main'], {
      environment: { WORK: `dd if=/dev/zero of=${join(mountPoint, 'fill')} bs=1k || true` },
    });
    expect(ended.code).toBe(70);
    expect(ended.stderr).toMatch(/^stagelock: the disk is full: ENOSPC: .*\n {2}Its locks stay /);
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    expect(files().filter((name) => name.endsWith('.tmp'))).toEqual([]);
    free();
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    const again = await stagelock(world, ['run', 'main']);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(/update: 1 commit\n/);
  });

  test('that was mounted read-only, a run says so and that no lock is left', async () => {
    const world = await worlds.built({ buildsIn: mountPoint });
    execFileSync('mount', ['-o', 'remount,ro', mountPoint]);
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended).toMatchObject({ code: 70, stdout: '' });
    expect(ended.stderr).toMatch(/^stagelock: \S+: .*read-only.*\n {2}main was not built; no lock is left\.\n$/);
    expect((await stagelock(world, ['status', 'main'])).stdout).toMatch(
      /^main \(primary\): idle.*\n(?: {2}(?:last|has) .*\n)*$/,
    );
  });
});

function mount(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'stagelock-test', mountPoint]);
}

function whyNoMount(): string | undefined {
  const root = noRoot();
  if (root !== undefined) return root;
  if (spawnSync('mount', ['-t', 'tmpfs', 'stagelock-test', mountPoint]).status !== 0) return 'mount is not permitted';
  execFileSync('umount', [mountPoint]);
  return undefined;
}

function fill(): void {
  spawnSync('dd', ['if=/dev/zero', `of=${join(mountPoint, 'fill')}`, 'bs=1k']);
}

function free(): void {
  rmSync(join(mountPoint, 'fill'));
}

function files(): string[] {
  return readdirSync(mountPoint, { recursive: true, encoding: 'utf8' }).sort();
}

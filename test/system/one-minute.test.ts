import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { thisHost } from '../../src/index.js';
import { run } from '../../src/stages/run-build.js';
import type { World } from '../support/world.js';
import { missing } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const NOON = new Date('2026-11-26T12:00:05Z');

/** A run that begins at noon, whatever the time. */
async function runAtNoon(world: World, build = 'main', now = NOON): Promise<string> {
  const { environment } = world;
  const { signal } = new AbortController();
  const common = {
    configFile: world.configFile,
    host: thisHost(),
    user: 'x',
    command: 'x',
    run: `${Math.random()}`,
    environment,
    secretVariables: new Set<string>(),
    signal,
  };
  const result = await run(world.build(build), {
    ...common,
    now: () => now,
    report: () => undefined,
    step: () => undefined,
  });
  expect(['done', 'no-news', 'stage-failed']).toContain(result.kind);
  return 'stamp' in result ? result.stamp.text : result.kind;
}

const tags = (world: World, build = 'main'): string[] =>
  readdirSync(join(world.root, build, 'Testing')).filter((name) => /^\d{8}-\d{4}$/.test(name));

test('two runs within a minute keep their reports and logs, and a run without news takes no minute', async () => {
  const world = worlds.make();
  expect(await runAtNoon(world)).toBe('20261126-1200-Continuous');
  expect(await runAtNoon(world)).toBe('no-news');
  world.commit(1);
  expect(await runAtNoon(world)).toBe('20261126-1201-Continuous');
  expect(tags(world)).toEqual(['20261126-1200', '20261126-1201']);
  const testing = join(world.root, 'main', 'Testing');
  for (const [tag, file] of [
    ['20261126-1200', 'c1'],
    ['20261126-1201', 'c2'],
  ] as const) {
    const xml = readFileSync(join(testing, tag, 'Update.xml'), 'utf8');
    expect(xml).toContain(`<BuildStamp>${tag}-Continuous</BuildStamp>`);
    expect(xml.includes(`<FullName>${file}</FullName>`)).toBe(file === 'c2');
    const log = readFileSync(join(testing, 'Temporary', `LastBuild_${tag}.log`), 'utf8');
    expect(log.match(/build of main/g)).toHaveLength(1);
  }
  expect(readFileSync(join(testing, 'TAG'), 'utf8').split('\n')[0]).toBe('20261126-1201');
  expect(await runAtNoon(world, 's1')).toBe('20261126-1200-Continuous');
});

test('all runs of one night share their stamp, as for CTest', async () => {
  const world = worlds.make({ defaults: 'model = "Nightly"' });
  const first = await runAtNoon(world);
  world.commit(1);
  expect(await runAtNoon(world)).toBe(first);
  expect(tags(world)).toHaveLength(1);
});

const noCtest = missing('ctest');
test.skipIf(noCtest !== undefined)(
  `CTest in a stage writes its reports to the run's own (${noCtest ?? 'real ctest'})`,
  async () => {
    const world = worlds.make({ work: 'cd "$STAGELOCK_BUILD_DIR" && ctest -T Build' });
    const directory = join(world.root, 'main');
    mkdirSync(directory, { recursive: true });
    const lines = [`SourceDirectory: ${world.source}`, `BuildDirectory: ${directory}`, 'Site: here', 'BuildName: main'];
    writeFileSync(
      join(directory, 'DartConfiguration.tcl'),
      [...lines, 'MakeCommand: /bin/true', 'NightlyStartTime: 01:00:00 UTC', ''].join('\n'),
    );
    // By the real clock: ctest takes no tag of another day.
    const now = new Date();
    const stamps: string[] = [];
    for (let count = 0; count < 3; count++) {
      world.commit(1);
      stamps.push(await runAtNoon(world, 'main', now));
    }
    expect(new Set(stamps).size).toBe(3);
    for (const stamp of stamps) {
      const report = join(directory, 'Testing', stamp.slice(0, 13), 'Build.xml');
      expect(existsSync(report)).toBe(true);
      expect(readFileSync(report, 'utf8')).toContain(`BuildStamp="${stamp}"`);
      expect(readFileSync(report, 'utf8')).toMatch(/Generator="ctest-/);
    }
    execFileSync('ctest', ['-T', 'Test'], { cwd: directory, stdio: 'ignore' });
    expect(tags(world)).toHaveLength(3);
  },
);

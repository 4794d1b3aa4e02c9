import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { missing, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noCtest = missing('ctest');

test.for([
  { model: 'Continuous', nightlyStart: '01:00:00 UTC' },
  { model: 'Experimental', nightlyStart: '01:00:00 UTC' },
  { model: 'Nightly', nightlyStart: '01:00:00 UTC' },
  { model: 'Nightly', nightlyStart: '12:30:00 UTC' },
  { model: 'Nightly', nightlyStart: '23:59:00 UTC' },
  { model: 'Nightly', nightlyStart: '23:30:00 -0500' },
  { model: 'Nightly', nightlyStart: '00:15:00 +0530' },
])(
  'Testing/TAG is what ctest -D $model writes, with the night beginning at $nightlyStart',
  async ({ model, nightlyStart }, { skip }) => {
    skip(noCtest !== undefined, noCtest);
    const world = worlds.make({ defaults: `model = "${model}"` });
    const config = readFileSync(world.configFile, 'utf8');
    writeFileSync(world.configFile, config.replace('[project]', `[project]\nnightly_start = "${nightlyStart}"`));
    // Both have to fall into one minute.
    for (let tries = 0; ; tries++) {
      const before = ctestTag(world, model, nightlyStart);
      const ended = await stagelock(world, ['run', 'main']);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      if (ctestTag(world, model, nightlyStart) !== before && tries < 2) continue;
      // With its own third line, ctest would not do anything in a stage: it has found no update itself.
      const expected = before.replace(/Continuous\n$/, 'Experimental\n');
      expect(readFileSync(join(world.build('main').directory, 'Testing', 'TAG'), 'utf8')).toBe(expected);
      break;
    }
  },
);

function ctestTag(world: World, model: string, nightlyStart: string): string {
  const directory = join(world.root, 'ctest');
  mkdirSync(directory, { recursive: true });
  const lines = [`SourceDirectory: ${directory}`, `BuildDirectory: ${directory}`, 'Site: here', 'BuildName: ctest'];
  writeFileSync(
    join(directory, 'DartConfiguration.tcl'),
    `${[...lines, `NightlyStartTime: ${nightlyStart}`].join('\n')}\n`,
  );
  execFileSync('ctest', ['-D', `${model}Start`], { cwd: directory, stdio: 'ignore' });
  return readFileSync(join(directory, 'Testing', 'TAG'), 'utf8');
}

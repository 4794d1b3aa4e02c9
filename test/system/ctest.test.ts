import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { nightlyStartOfCTest } from '../../src/config/nightly-start.js';
import { buildstampOf } from '../../src/stages/buildstamp.js';
import type { World } from '../support/world.js';
import { DartBuild } from './dart-build.js';
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
  { model: 'Nightly', nightlyStart: '21:00 edt' },
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

describe.skipIf(noCtest !== undefined)(
  `the NightlyStartTime of a DartConfiguration.tcl (${noCtest ?? 'real ctest'})`,
  () => {
    const builds: DartBuild[] = [];
    const make = (): DartBuild => {
      const build = new DartBuild();
      builds.push(build);
      return build;
    };
    afterEach(() => {
      for (const build of builds.splice(0)) build.remove();
    });

    test.each([
      ...[
        '00:00:00 EDT',
        '01:00 EST',
        '1:2:3 cst',
        '09:00:00  PDT',
        '09:00BST',
        '12:00 CEST',
        '23:30 WET',
        '00:00:01 NZDT',
      ],
      ...[
        '12:34 WAT',
        '12:34 GST',
        '12:34 A',
        '12:34 Y',
        '12:34',
        'JST',
        '"21:00 MEST"',
        '+0200 01:00',
        '01:00 -1130',
        '23:59:60',
      ],
      ...['Sun, 10:00 UT', '01:00:00 UTC UTC', '12:00 MSK', '12:00 Europe/Berlin', '25:00 UTC', '9 pm', '01:00 UTC+2'],
    ])('%s is read as ctest reads it', (text) => {
      const build = make().configure({ NightlyStartTime: text });
      const start = nightlyStartOfCTest(text);
      for (let tries = 0; tries < 3; tries++) {
        const now = new Date();
        expect(build.ctest('-D', 'NightlyStart').code).toBe(0);
        // What it cannot read it takes for the second before 1970.
        const read = start.kind === 'unreadable' ? { kind: 'fixed' as const, ofDayMs: 86_399_000 } : start;
        if (build.tag[0] !== buildstampOf('Nightly', now, read).tag && tries < 2) continue; // it began while we looked
        expect(build.tag[0]).toBe(buildstampOf('Nightly', now, read).tag);
        break;
      }
    });

    test('as CMake writes it without a word of the project gives the tag of ctest', () => {
      const build = make().configure({});
      expect(build.ctest('-D', 'NightlyStart').code).toBe(0);
      const [tag] = build.tag;
      expect(build.stagelock('run', '--model', 'Nightly')).toMatchObject({ code: 0, stderr: '' });
      expect(build.tag).toEqual([tag, 'Nightly', 'Nightly']);
    });

    test.each(['00:00:00 MSK', ''])(
      'that cannot be read (%j) stops Nightly runs only, with the line to write',
      (text) => {
        const build = make().configure({ NightlyStartTime: text });
        expect(build.stagelock('run', '--model', 'Continuous')).toMatchObject({ code: 0, stderr: '' });
        const line = `  set(CTEST_NIGHTLY_START_TIME "${text === '' ? '01' : '00'}:00:00 +0000")\n`;
        const refused = build.stagelock('run', '--model', 'Nightly');
        expect(refused.code).toBe(2);
        expect(refused.stderr).toContain('Nightly builds cannot be run');
        expect(refused.stderr.endsWith(line)).toBe(true);
        const checked = build.stagelock('check');
        expect(checked.code).toBe(0);
        expect(checked.stdout).toContain(line);
      },
    );
  },
);

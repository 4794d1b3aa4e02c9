import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { stagelock, start, untilThere } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** Makes everything that is remembered so many hours older. */
function age(file: string, hours: number): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replaceAll(/"(since|told|seen)": "([^"]*)"/g, (_, name, time) => {
      return `"${name}": "${new Date(Date.parse(time) - hours * 3_600_000).toISOString()}"`;
    }),
  );
}

test('a lock that a dead run has left is one mail, not one for each run; then a reminder; then that it is over', async () => {
  const world = await worlds.built({});
  world.commit(1);
  const dying = start(world, ['run', 'main'], { environment: { WORK: 'sleep 60' } });
  await untilThere(join(world.temporary('main'), 'build'));
  dying.kill('SIGKILL');
  await dying.ended;

  const first = await stagelock(world, ['run', 'main']);
  expect(first.code).toBe(75);
  expect(first.stderr).toContain('unlock main');
  for (let run = 0; run < 3; run++) {
    expect(await stagelock(world, ['run', 'main'])).toEqual({ code: 75, signal: null, stdout: '', stderr: '' });
  }
  expect((await stagelock(world, ['run', '--every-warning', 'main'])).stderr).toContain('unlock main');
  age(join(world.temporary('main'), 'Warnings.json'), 1);
  const reminder = await stagelock(world, ['run', 'main']);
  expect(reminder.stderr).toContain('and 3 times in between, not reported');
  expect((await stagelock(world, ['run', 'main'])).stderr).toBe('');

  // whether its command had begun when it was killed is a matter of chance
  await stagelock(world, ['kill', 'main', '--yes']);
  await stagelock(world, ['unlock', 'main', '--yes']);
  const again = await stagelock(world, ['run', 'main']);
  expect(again.code).toBe(0);
  expect(again.stderr).toMatch(
    /^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ \(once more not reported\) is over\.\n$/,
  );
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
});

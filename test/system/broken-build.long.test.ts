import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readHistory } from '../../src/stages/history.js';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { Mailbox } from './mailbox.js';
import { type Ended, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A world of one author, t@example.org, whose builds fail when CHECK in their environment does. */
async function mailing(collect = '0 s'): Promise<World & { mailbox: Mailbox }> {
  const world = worlds.make();
  const mailbox = new Mailbox(world.root);
  appendFileSync(
    world.configFile,
    `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n
[mail]\nauthors = true\nmonitors = ["watch@example.org"]\nsendmail = "sendmail"\ncollect = "${collect}"\n`,
  );
  expect((await run(world, 'main', '')).code).toBe(0);
  expect((await run(world, 's1', '')).code).toBe(0);
  expect(mailbox.mails).toEqual([]);
  return Object.assign(world, { mailbox });
}

const run = (world: World, build: string, check: string): Promise<Ended> =>
  stagelock(world, ['run', build], { environment: { CHECK: check } });

const timeless = (subject = ''): string => subject.replace(/after \d+(\.\d+)? m?s$/, 'after T');

/** Of the last run of the primary. */
const lastResult = (world: World): string | undefined =>
  readHistory(world.project.builds.get('main')?.directory ?? '').runs.at(-1)?.result;

const addressees = ({ mailbox }: { readonly mailbox: Mailbox }): string[] =>
  mailbox.mails.map(({ args }) => args.replace(/^.* -- /, ''));

describe('a broken build', () => {
  test('is mailed to the author of what it built, once, with the monitor in copy, and once more when it is fixed', async () => {
    const world = await mailing();
    world.commit(1);
    expect(await run(world, 'main', 'echo no such thing; exit 3')).toMatchObject({ code: 1 });
    // Each recipient gets a mail of their own from sendmail.
    expect(addressees(world).sort()).toEqual(['t@example.org', 'watch@example.org']);
    const [broken] = world.mailbox.mails;
    expect(timeless(broken?.subject)).toBe('world/main: check failed with exit code 3 after T');
    expect(broken?.raw).toMatch(/^To: "?T"? <t@example\.org>$/m);
    expect(broken?.raw).toMatch(/^Cc: watch@example\.org$/m);
    expect(broken?.raw).toContain('no such thing');
    expect(broken?.raw).toContain('commit 2');

    world.commit(1);
    expect(await run(world, 'main', 'exit 3')).toMatchObject({ code: 1 });
    expect(world.mailbox.mails).toHaveLength(2);

    world.commit(1);
    expect(await run(world, 'main', '')).toMatchObject({ code: 0, stderr: '' });
    expect(world.mailbox.subjects.slice(2)).toEqual(Array(2).fill('world/main: works again'));
    expect(addressees(world).slice(2).sort()).toEqual(['t@example.org', 'watch@example.org']);
    world.commit(1);
    expect(await run(world, 'main', '')).toMatchObject({ code: 0, stderr: '' });
    expect(world.mailbox.mails).toHaveLength(4);
  });

  test('of a secondary is its own matter; both mails wait while sendmail is busy, and the maintainer hears of that once', async () => {
    const world = await mailing();
    world.mailbox.isBusy();
    world.commit(1);
    expect(await run(world, 'main', '')).toMatchObject({ code: 0, stderr: '' });
    const first = await run(world, 's1', 'exit 3');
    expect(first.stderr).toContain('stagelock: s1: a mail could not be sent: ');
    expect(first.stderr).toContain('A mail is waiting; later runs retry. To see what waits: stagelock mail');
    world.commit(1);
    expect(await run(world, 'main', '')).toMatchObject({ code: 0, stderr: '' });
    expect(await run(world, 's1', '')).toMatchObject({ code: 0, stderr: '' });
    world.mailbox.works();
    expect(await stagelock(world, ['mail', '--send'])).toMatchObject({ code: 0, stderr: '' });
    expect(world.mailbox.subjects.map(timeless).sort()).toEqual([
      ...Array(2).fill('world/s1: check failed with exit code 3 after T'),
      ...Array(2).fill('world/s1: works again'),
    ]);
  });

  test('by one commit in two builds is one mail, for which the first run waits, and so is their mending', async () => {
    const world = await mailing('6 s');
    world.commit(1);
    const broken = [run(world, 'main', 'exit 3')];
    // It has recorded the update, so the other builds the same.
    await until('the failed run', () => lastResult(world) === 'stage-failed');
    broken.push(run(world, 's1', 'exit 4'));
    expect((await Promise.all(broken)).map(({ code }) => code)).toEqual([1, 1]);
    expect(addressees(world).sort()).toEqual(['t@example.org', 'watch@example.org']);
    expect(world.mailbox.subjects.map(timeless)).toEqual(
      Array(2).fill('world: 2 builds are broken (main, s1): check failed with exit code 3 after T'),
    );
    world.commit(1);
    const fixed = [run(world, 'main', '')];
    await until('the run that passes', () => lastResult(world) === 'done');
    fixed.push(run(world, 's1', ''));
    expect((await Promise.all(fixed)).map(({ code }) => code)).toEqual([0, 0]);
    expect(world.mailbox.subjects.slice(2)).toEqual(Array(2).fill('world: 2 builds work again (main, s1)'));
  });

  test('that cannot be mailed, since the spool cannot be written, is told on stderr, and the build is what it is', async () => {
    const world = await mailing();
    rmSync(join(world.root, 'stagelock.state'), { recursive: true, force: true });
    appendFileSync(join(world.root, 'stagelock.state'), 'in the way');
    world.commit(1);
    const ended = await run(world, 'main', 'exit 3');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/main: could not mail the authors of what is broken: .*stagelock\.state/);
    expect(world.lockFiles('main')).toEqual([]);
  });
});

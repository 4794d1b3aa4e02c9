import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Receiver } from '../notify/receiver.js';
import type { World } from '../support/world.js';
import { eventOfCommand, eventsOf, hooked, notifying, pinged, states } from './notified.js';
import { type Ended, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
let receiver: Receiver;

beforeEach(async () => {
  receiver = await new Receiver().listen();
});

afterEach(async () => {
  await worlds.remove();
  await receiver.close();
});

const run = (world: World, check: string): Promise<Ended> =>
  stagelock(world, ['run', 'main'], { environment: { CHECK: check } });

describe('[[notify]]', () => {
  test('is told that a build broke, with what failed and whose commits, and that it works again', async () => {
    const world = notifying(worlds.make(), receiver);
    expect(await run(world, '')).toMatchObject({ code: 0, stderr: '' });
    world.commit(1);
    expect(await run(world, 'echo "x.c:3: error: no such thing"; exit 3')).toMatchObject({ code: 1 });
    world.commit(1);
    expect(await run(world, '')).toMatchObject({ code: 0, stderr: '' });
    expect(await run(world, '')).toMatchObject({ code: 0, stderr: '' });

    expect(hooked(receiver)).toEqual(['run', 'broken', 'run', 'fixed', 'run'].map((event) => `${event} main`));
    // A run without news has nothing to say but that it was there.
    expect(pinged(receiver)).toEqual(['/start', '', '/start', '/1', '/start', '', '']);
    expect(states(receiver)).toEqual(['pending', 'success', 'pending', 'failure', 'pending', 'success']);

    const [, broken, , fixed] = eventsOf(receiver.received);
    const head = execFileSync('git', ['-C', world.source, 'rev-parse', 'HEAD~1'], { encoding: 'utf8' }).trim();
    expect(broken).toMatchObject({
      version: 1,
      project: 'world',
      build: 'main',
      result: 'stage-failed',
      exitCode: 1,
      headline: 'check failed: 1 error',
      failures: [{ stage: 'check', errors: { count: 1, first: [{ line: 3, text: 'x.c:3: error: no such thing' }] } }],
      update: {
        system: 'git',
        revision: head,
        count: 1,
        commits: [{ author: 'T', email: 't@example.org', subject: 'commit 2' }],
      },
      log: expect.stringMatching(/LastCheck_.*\.log$/),
    });
    expect(broken).not.toHaveProperty('brokenSince');
    expect(broken?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(fixed).toMatchObject({ headline: 'works again', brokenSince: { run: broken?.run, runs: 1 }, exitCode: 0 });
    expect(receiver.paths.filter((path) => path.includes(`/${head}`))).toHaveLength(2);

    // The start and the end of a run bear the same id, and those of another run another one.
    const rids = receiver.paths.flatMap((path) => /rid=(.*)/.exec(path)?.[1] ?? []);
    expect(new Set(rids).size).toBe(4);
    expect(rids[0]).toBe(rids[1]);
    const { headers, body } = receiver.received.find(({ path }) => path === '/hook') ?? { headers: {}, body: '' };
    expect({ ...headers }['x-stagelock-signature']).toBe(
      `sha256=${createHmac('sha256', 's3cret').update(body).digest('hex')}`,
    );
    const got = readdirSync(join(world.root, 'events-of-command'));
    expect(got.map((name) => eventOfCommand(world, name).event).sort()).toEqual(['broken', 'fixed']);
  });

  test('costs a run nothing that has none: none of its code is loaded', async () => {
    const loadedIn = async (world: World, name: string): Promise<string[]> => {
      const NODE_V8_COVERAGE = join(world.root, name);
      mkdirSync(NODE_V8_COVERAGE);
      expect(await stagelock(world, ['run', 'main'], { environment: { NODE_V8_COVERAGE, CHECK: '' } })).toMatchObject({
        code: 0,
      });
      const urls = readdirSync(NODE_V8_COVERAGE).flatMap((file) => {
        const { result } = JSON.parse(readFileSync(join(NODE_V8_COVERAGE, file), 'utf8'));
        return result.map(({ url }: { url: string }) => url);
      });
      return urls.filter((url) => url.startsWith('file:')).map((url) => readFileSync(new URL(url), 'utf8'));
    };
    const ours = /\b(?:RunNotifier|Messenger|Starting|Exchange) = class\b/;
    const without = worlds.make();
    expect((await loadedIn(without, 'first')).filter((text) => ours.test(text))).toEqual([]);
    const quiet = await loadedIn(without, 'no-news');
    expect(quiet.length).toBeGreaterThan(0);
    expect(quiet.filter((text) => ours.test(text))).toEqual([]);
    // The look itself sees what is loaded.
    const other = notifying(worlds.make(), receiver);
    expect((await loadedIn(other, 'first')).filter((text) => ours.test(text))).not.toEqual([]);
  });

  test('says in `stagelock check` what is wrong with it, and in a test what was answered', async () => {
    const world = notifying(worlds.make(), receiver);
    expect(await stagelock(world, ['check', '--offline'])).toMatchObject({ code: 0 });
    const tried = await stagelock(world, ['notify', '--test']);
    expect(tried).toMatchObject({ code: 0, stderr: '' });
    expect(tried.stdout.split('\n').slice(0, 4)).toEqual([
      'webhook: delivered (200: OK)',
      'ping: delivered (200: OK)',
      'commit_status: delivered (200: OK)',
      'command: delivered (exit code 0)',
    ]);
    expect(receiver.received.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([
      'POST /hook',
      'POST /ping/log',
      'GET /api/repos/example/demo',
    ]);
    receiver.usual = (answer) => {
      answer.writeHead(404);
      answer.end('no such hook');
    };
    expect(await stagelock(world, ['notify', '--test', 'webhook'])).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'stagelock: notify webhook: answers 404: no such hook; is it the right URL and token?\n',
    });
    expect((await stagelock(world, ['notify', '--test', 'other'])).stderr).toContain(
      'no entry of [[notify]] is called other',
    );
  });
});

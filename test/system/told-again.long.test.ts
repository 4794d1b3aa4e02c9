import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { World } from '../support/world.js';
import { stagelock, start, untilThere } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

test('that a run has died is told although it was told that it is still going on', async () => {
  const world = await worlds.built();
  world.commit(1);
  const run = start(world, ['run', 'main'], { environment: { WORK: 'sleep 60' } });
  await untilThere(join(world.temporary('main'), 'build'));
  const alive = await stagelock(world, ['run', 'main']);
  expect(alive).toMatchObject({ code: 75, stderr: expect.stringContaining('still in progress') });
  expect((await stagelock(world, ['run', 'main'])).stderr).toBe('');
  run.kill('SIGKILL');
  await run.ended;
  const dead = await stagelock(world, ['run', 'main']);
  expect(dead).toMatchObject({ code: 75, stderr: expect.stringContaining('died and left its locks') });
  expect(dead.stderr).toContain('unlock main');
  expect((await stagelock(world, ['run', 'main'])).stderr).toBe('');
});

test('that a run is still going on is told once, whatever it is at', async () => {
  const waits = (file: string): string => `until test -e ../${file}; do sleep 0.05; done`;
  const later = `test ! -e ../first || { ${waits('tested')}; }`;
  const world = await worlds.built({ primary: `[builds.main.stages.test]\ncommand = ["sh", "-c", "${later}"]` });
  writeFileSync(join(world.root, 'first'), '');
  world.commit(1);
  const run = start(world, ['run', 'main'], { environment: { WORK: waits('built') } });
  await untilThere(join(world.temporary('main'), 'build'));
  expect((await stagelock(world, ['run', 'main'])).stderr).toContain('still in progress');
  writeFileSync(join(world.root, 'built'), '');
  await untilThere(join(world.temporary('main'), 'test'));
  expect((await stagelock(world, ['run', 'main'])).stderr).toBe('');
  writeFileSync(join(world.root, 'tested'), '');
  expect(await run.ended).toMatchObject({ code: 0 });
});

/** A remote that answers everything with the code. */
async function webServer(): Promise<{ readonly url: string; code: number; close(): Promise<void> }> {
  const answer = { code: 503 };
  const server = createServer((_, response) => {
    response.writeHead(answer.code, { 'x-request-id': String(Math.random()) });
    response.end(`${Date.now()}\n`);
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const close = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/x.git`,
    close,
    set code(code: number) {
      answer.code = code;
    },
    get code() {
      return answer.code;
    },
  };
}

const git = (world: World, ...args: string[]): string =>
  execFileSync('git', ['-C', world.source, ...args], { env: world.environment, encoding: 'utf8', stdio: 'pipe' });

/** What three runs tell, between which others go on committing. */
async function toldOf(world: World): Promise<string[]> {
  const told: string[] = [];
  for (let run = 0; run < 3; run++) {
    const { code, stderr } = await stagelock(world, ['run', 'main']);
    expect(code).not.toBe(0);
    told.push(stderr);
    world.commit(1);
  }
  return told;
}

test('each failure of an update is told once, as long as its cause stays, and no other one swallows it', async () => {
  const world = await worlds.built();
  const upstream = git(world, 'remote', 'get-url', 'origin').trim();
  const use = (url: string): string => git(world, 'remote', 'set-url', 'origin', url);
  const server = await webServer();

  use(server.url);
  const [unavailable, ...afterUnavailable] = await toldOf(world);
  expect(unavailable).toContain('error: 503');
  server.code = 401;
  const [unauthorized, ...afterUnauthorized] = await toldOf(world);
  expect(unauthorized).toMatch(/could not read Username|Authentication failed/);
  await server.close();
  const [unreachable, ...afterUnreachable] = await toldOf(world);
  expect(unreachable).toContain('Failed to connect');
  use(join(world.root, 'nowhere.git'));
  const [missing, ...afterMissing] = await toldOf(world);
  expect(missing).toContain('nowhere.git');
  use(upstream);
  world.commit(1);
  writeFileSync(join(world.source, 'latest'), 'tried out\n');
  const [conflict, ...afterConflict] = await toldOf(world);
  expect(conflict).toContain('latest');
  const later = [afterUnavailable, afterUnauthorized, afterUnreachable, afterMissing, afterConflict];
  expect(later.flat()).toEqual(Array(10).fill(''));

  rmSync(join(world.source, 'latest'));
  git(world, 'checkout', '--', 'latest');
  const over = await stagelock(world, ['run', 'main']);
  expect(over).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^stagelock: main: runs again\..*is over\.\n$/),
  });
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
});

test.skipIf(process.getuid?.() !== 0)('dubious ownership and a full disk are told once each (needs root)', async () => {
  const world = await worlds.built();
  chownSync(world.source, 4711, 4711);
  const [dubious, ...afterDubious] = await toldOf(world);
  expect(dubious).toMatch(/dubious ownership/);
  expect(afterDubious).toEqual(['', '']);
  chownSync(world.source, 0, 0);

  const small = join(world.root, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2M', 'none', small]);
  try {
    execFileSync('sh', ['-c', `cp -a '${world.source}'/. '${small}' && mount --bind '${small}' '${world.source}'`]);
    execFileSync('sh', ['-c', `cat /dev/zero > '${join(small, '.git', 'filling')}' || true`], { stdio: 'ignore' });
    const [full, ...afterFull] = await toldOf(world);
    expect(full).toContain('No space left');
    expect(afterFull).toEqual(['', '']);
  } finally {
    execFileSync('sh', ['-c', `umount '${world.source}'; umount '${small}'`]);
  }
});

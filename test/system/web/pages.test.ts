import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { historyFile } from '../../../src/stages/history.js';
import { treeOf } from '../../support/tree-of.js';
import { until } from '../../support/until.js';
import type { World } from '../../support/world.js';
import { stagelock, start } from '../programs.js';
import { Worlds } from '../worlds.js';
import { page, seen, serve } from './served.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const PAGES = ['', '/timeline', '/grid', '/tests', '/contention'];

/** A world whose stage is what `CHECK` says. */
function checked(): World {
  const world = worlds.make();
  appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
  return world;
}

/** The address of the newest run of a build. */
async function newestRun(project: string, build: string): Promise<string> {
  const { text } = await page(`${project}/builds/${build}`);
  const [, path = ''] = /href="([^"]*\/runs\/[0-9a-f]+)"/.exec(text) ?? [];
  return `${new URL(project).origin}${path}`;
}

/** The pages of the only project. */
async function projectOf(url: string): Promise<string> {
  const { status, headers } = await page(`${url}/`);
  expect(status).toBe(302);
  return `${url}${headers.get('location')}`;
}

describe('the pages of a project', () => {
  test('say what to do before the first run, each of them, and then what the runs did', async () => {
    const world = checked();
    const { url, server } = await serve(world);
    const project = await projectOf(url);
    for (const name of PAGES) {
      const { status, text, headers } = await page(`${project}${name}`);
      expect(status).toBe(200);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; /);
      expect(text).toMatch(/<\/main><footer>.*<\/html>$/s);
      expect(text).not.toContain('could not be put together');
    }
    expect(seen((await page(project)).text)).toContain(`stagelock --config ${world.configFile} crontab --install`);
    expect(seen((await page(`${project}/builds/s1`)).text)).toContain('s1 has not built anything yet');

    for (const build of ['main', 's1']) expect((await stagelock(world, ['run', build])).code).toBe(0);
    world.commit(1);
    const error = 'echo "a.c:7:3: error: expected <this>" >&2; exit 2';
    await stagelock(world, ['run', 'main'], { environment: { CHECK: error } });
    const now = seen((await page(project)).text);
    expect(now).toMatch(/main primary · idle ✗ check failed: 1 error .*? ago last passed .*? ago/);
    expect(now).toMatch(/s1 secondary · idle ✓ passed .*? ago 1 update/);
    expect(now).toContain('No stage lock is held.');
    const run = seen((await page(await newestRun(project, 'main'))).text);
    expect(run).toMatch(/✗ check failed: 1 error , began .* took .*, exit code 1/);
    expect(run).toMatch(/a\.c:7:3: error: expected <this>/);
    expect(run).toMatch(/What it built Revision [0-9a-f]{40} /);
    const log = await page(`${await newestRun(project, 'main')}/log/check`);
    expect(log.text).toContain('<mark class="error">a.c:7:3: error: expected &lt;this&gt;</mark>');
    expect(seen((await page(`${project}/grid`)).text)).toMatch(/main ✓ ✗ s1 ✓ ○/);
    expect(seen((await page(`${project}/timeline`)).text)).toMatch(/main .* check failed after/);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 143, stderr: '' });
  });

  test('show who holds which lock and who waits behind it, and of a dead run what to do', async () => {
    const world = await worlds.built();
    const update = await worlds.updating(world);
    const secondary = start(world, ['run', 's1']);
    await secondary.untilOutput(/waiting for /);
    const { url } = await serve(world);
    const project = await projectOf(url);
    const now = seen((await page(project)).text);
    expect(now).toMatch(/main primary ▶ update, /);
    expect(now).toMatch(/s1 secondary ⧗ waits for update of main, /);
    expect(now).toMatch(/update of main pid \d+ of \S+ on \S+ .*? ago ▶ alive s1 for /);
    expect((await page(`${project}/timeline`)).text).toMatch(/<rect class="wait"/);
    update.kill('SIGKILL');
    await update.ended;
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a status is used for a second
    const after = seen((await page(project)).text);
    expect(after).toMatch(/main primary † left locks behind/);
    expect(after).toContain(`stagelock --config ${world.configFile} unlock main`);
    secondary.kill('SIGTERM');
    await secondary.ended;
  });

  test('read and change nothing, take no lock, and know no method that writes', async () => {
    const world = await worlds.built();
    const { url } = await serve(world);
    const project = await projectOf(url);
    const before = treeOf(world.root);
    for (const name of [...PAGES, '/builds/main']) await page(`${project}${name}`);
    await page(await newestRun(project, 'main'));
    expect(treeOf(world.root)).toEqual(before);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])
      expect((await fetch(project, { method })).status).toBe(405);
    expect((await fetch(project, { method: 'HEAD' })).status).toBe(200);
  });

  test('answer with 404 to what is not there, whatever its name, and never leave the logs of a build', async () => {
    const world = await worlds.built();
    const { url } = await serve(world);
    const project = await projectOf(url);
    const run = await newestRun(project, 'main');
    const secret = join(world.root, 'secret');
    writeFileSync(secret, 'do not show');
    for (const path of [
      '/x',
      '/builds/nobody',
      '/builds/__proto__',
      '/builds/main/runs/0',
      '/builds/main/runs/..%2f..',
    ]) {
      expect((await page(`${project}${path}`)).status).toBe(404);
    }
    for (const stage of ['..%2f..%2f..%2fsecret', 'nosuch', 'constructor', '%00']) {
      expect(seen((await page(`${run}/log/${stage}`)).text)).toContain('This log is gone, or was never written');
    }
    const [, log = ''] =
      / log: (\S+)/.exec((await stagelock(world, ['run', 'main', '--force', '--verbose'])).stdout) ?? [];
    rmSync(log);
    symlinkSync(secret, log);
    const shown = (await page(`${await newestRun(project, 'main')}/log/build`)).text;
    expect(shown).not.toContain('do not show');
    expect(seen(shown)).toContain('This log is not shown: its path contains a symbolic link');
  });

  test('show hostile names, messages and logs as text', async () => {
    const world = checked();
    const hostile = `<script>alert(1)</script>\u001b[31m\u202e"'><img src=x onerror=alert(2)>`;
    await stagelock(world, ['run', 'main']);
    world.commit(1);
    await stagelock(world, ['run', 'main'], {
      environment: { CHECK: `printf '%s\\n' "$HOSTILE: error: x"; exit 1`, HOSTILE: hostile },
    });
    const file = historyFile(world.build('main').directory);
    const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    const forged = { ...JSON.parse(last), headline: hostile, waits: [{ lock: hostile, build: hostile, ms: 5000 }] };
    forged.stages = [{ name: hostile, outcome: hostile, ms: 1 }, ...forged.stages];
    appendFileSync(file, `${JSON.stringify(forged)}\n{torn\n`);
    const { url } = await serve(world);
    const project = await projectOf(url);
    const run = await newestRun(project, 'main');
    for (const address of [
      ...PAGES.map((name) => `${project}${name}`),
      `${project}/builds/main`,
      run,
      `${run}/log/check`,
    ]) {
      const { text } = await page(address);
      expect(text).not.toMatch(/<script>alert|<img/);
      expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false);
      expect(text).toMatch(/<\/html>$/);
    }
    expect((await page(project)).text).toContain('&lt;script&gt;alert(1)');
  });

  test('take a configuration that was changed, and say what is wrong with one that cannot be used', async () => {
    const world = await worlds.built();
    const { url } = await serve(world);
    const project = await projectOf(url);
    const text = readFileSync(world.configFile, 'utf8');
    writeFileSync(world.configFile, `${text}\n[builds.new]\nprimary = "main"\ndirectory = "new"\n`);
    expect(seen((await page(project)).text)).toContain('new secondary');
    writeFileSync(world.configFile, `${text}\n[builds.new]\nprimari = "main"\n`);
    const broken = seen((await page(project)).text);
    expect(broken).toMatch(/The configuration was changed and cannot be used.*primari/);
    expect(broken).toContain('new secondary');
  });

  test('a configuration that became a FIFO keeps nothing waiting', async () => {
    const world = await worlds.built();
    const { url, server } = await serve(world);
    const project = await projectOf(url);
    rmSync(world.configFile);
    execFileSync('mkfifo', [world.configFile]);
    expect(seen((await page(project)).text)).toContain('is not a regular file');
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(143);
  });

  test('a client that asks and goes away leaves no open page behind', async () => {
    const { url } = await serve(worlds.make());
    for (let asked = 0; asked < 210; asked++) await fetch(`${url}/events`, { method: 'HEAD' });
    for (let asked = 0; asked < 210; asked++) {
      const abort = new AbortController();
      await fetch(`${url}/events`, { signal: abort.signal });
      abort.abort();
    }
    await expect
      .poll(async () => {
        const abort = new AbortController();
        const { status } = await fetch(`${url}/events`, { signal: abort.signal });
        abort.abort();
        return status;
      })
      .toBe(200);
  });

  test('a log of a gigabyte streams: its head at once, and in bounded memory', async () => {
    const world = await worlds.built();
    const { url, server } = await serve(world);
    const project = await projectOf(url);
    const run = await newestRun(project, 'main');
    const [, log = ''] = /<code>([^<]*LastBuild[^<]*)<\/code>/.exec((await page(`${run}/log/build`)).text) ?? [];
    truncateSync(log, 1024 ** 3); // a hole, which reads as zeros: a single line without an end
    const answer = await fetch(`${run}/log/build`);
    const reader = answer.body?.getReader();
    for (let read = 0; read < 64 * 1024 * 1024; ) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error('it has ended too early');
      read += value?.length ?? 0;
    }
    await reader?.cancel();
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? [];
    expect(Number(kilobytes)).toBeLessThan(400 * 1024);
    expect((await page(project)).status).toBe(200);
  });
});

describe('who may read', () => {
  test('without a password only those who ask for a name of this machine', async () => {
    const world = worlds.make();
    const { url } = await serve(world);
    expect(await statusWithHost(url, 'evil.example')).toBe(403);
    expect(await statusWithHost(url, 'a b')).toBe(400);
    expect(await statusWithHost(url, 'localhost')).toBe(302);
    for (const listen of ['0.0.0.0', '::', '192.0.2.1']) {
      const { code, stderr } = await stagelock(world, ['web', '--listen', listen]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--password-file') });
    }
  });

  test('with a password those who know it, which only we may read', async () => {
    const world = worlds.make();
    const file = join(world.root, 'password');
    writeFileSync(file, 'correct horse\n', { mode: 0o644 });
    const refused = await stagelock(world, ['web', '--password-file', file]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`chmod 600 ${file}`) });
    rmSync(file);
    writeFileSync(file, 'correct horse\n', { mode: 0o600 });
    const { url } = await serve(world, ['--listen', '0.0.0.0', '--password-file', file]);
    const address = url.replace('0.0.0.0', '127.0.0.1');
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
    });
    expect((await page(`${address}/metrics`)).status).toBe(401);
    expect((await page(`${address}/style.css`)).status).toBe(401);
    expect((await page(`${address}/metrics`, basic('wrong'))).status).toBe(401);
    expect((await page(`${address}/metrics`, basic('correct horse'))).text).toContain('stagelock_reports_waiting');
  });

  test('behind a proxy those whom it names', async () => {
    const { url } = await serve(worlds.make(), ['--proxy-user', 'Remote-User']);
    expect((await page(`${url}/metrics`)).status).toBe(403);
    expect((await page(`${url}/metrics`, { 'remote-user': 'me' })).status).toBe(200);
  });
});

test('several projects have a page of their own, and what is asked of one concerns no other', async () => {
  const [one, two] = [worlds.make(), await worlds.built()];
  const { url } = await serve(one, [one.configFile, two.configFile]);
  const all = await page(`${url}/`);
  expect(all.status).toBe(200);
  const paths = [...all.text.matchAll(/<th scope="row"><a href="([^"]*)"/g)].map(([, path]) => path);
  expect(paths).toHaveLength(2);
  const [first, second] = await Promise.all(paths.map((path) => page(`${url}${path}`)));
  expect(seen(first?.text ?? '')).toContain('No runs yet');
  expect(seen(second?.text ?? '')).toMatch(/main primary · idle ✓ passed/);
  const metrics = (await page(`${url}/metrics`)).text;
  expect(metrics.match(/^# TYPE stagelock_unreadable gauge$/gm)).toHaveLength(1);
  expect(metrics.match(/^stagelock_unreadable\{/gm)).toHaveLength(4);
});

test('a place that is taken is said', async () => {
  const world = worlds.make();
  const { url } = await serve(world);
  const { code, stderr } = await stagelock(world, ['web', '--port', new URL(url).port]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('choose another --port') });
});

/** `fetch` lets nobody choose a Host. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once('error', reject).end();
  });
}

test('the page of objects shows locks with their owners and who waited, and removes nothing', async () => {
  const world = await worlds.built();
  const objects = join(world.root, 'objects');
  mkdirSync(objects);
  const target = join(objects, 'a.o');
  const held = start(world, ['exec', '--lock', target, '--', 'sleep', '60']);
  await until('the lock', () => readdirSync(objects).includes('a.o.lock'));
  mkdirSync(`${target}2.lockdir`);
  writeFileSync(join(`${target}2.lockdir`, 'pid'), `${hostname()}:4194301\n`);
  const before = treeOf(objects);
  const { url } = await serve(world, ['--objdir', objects, '--lock-log', join(world.root, 'no-such-log')]);
  const seenNow = seen((await page(`${url}/objects`)).text);
  expect(seenNow).toContain(`ct-cleanup-locks --objdir=${objects}`);
  expect(seenNow).toMatch(/a\.o2\.lockdir \S+:4194301 † stale/);
  expect(seenNow).toContain('Nothing to show');
  expect(treeOf(objects)).toEqual(before);
  held.kill('SIGTERM');
  await held.ended;
  const { url: without } = await serve(world);
  expect((await page(`${without}/objects`)).status).toBe(404);
});

import { createHmac } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Subscriber } from '../../src/config/project.js';
import { senderOf } from '../../src/notify/chosen-sender.js';
import type { BuildEvent } from '../../src/notify/event.js';
import type { Sent } from '../../src/notify/sender.js';
import { isRunning } from '../system/programs.js';
import { command, event, ping, status, webhook } from './events.js';
import { answering, breakingOff, endless, type Received, Receiver, silent } from './receiver.js';

let directory: string;
let receiver: Receiver;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-notify-'));
  receiver = await new Receiver().listen();
});

afterEach(async () => {
  await receiver.close();
  rmSync(directory, { recursive: true });
});

async function send(
  subscriber: Subscriber,
  what: BuildEvent = event('broken'),
  {
    environment = {},
    signal = new AbortController().signal,
  }: { environment?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<Sent> {
  const sender = await senderOf(subscriber, environment);
  try {
    return await sender.send(what, signal);
  } finally {
    await sender.close();
  }
}

function secret(name: string, text: string, mode = 0o600): { readonly kind: 'file'; readonly path: string } {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { kind: 'file', path };
}

const bodyOf = (index = 0): unknown => JSON.parse((receiver.received[index] as Received).body);

describe('a webhook', () => {
  test('gets the event as JSON, and a signature by which its receiver knows the sender', async () => {
    const subscriber = webhook(`${receiver.url}/hook?x=1`, { secret: secret('key', 's3cret\n') });
    expect(await send(subscriber)).toEqual({ kind: 'delivered', answer: '200: OK' });
    const { method, path, headers, body = '' } = receiver.received[0] as Received;
    expect({ method, path }).toEqual({ method: 'POST', path: '/hook?x=1' });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-stagelock-event': 'broken' });
    expect(headers['x-stagelock-signature']).toBe(
      `sha256=${createHmac('sha256', 's3cret').update(body).digest('hex')}`,
    );
    expect(JSON.parse(body)).toEqual(event('broken'));
    expect(headers['x-stagelock-id']).toBe(event('broken').id);
  });

  test('is not signed without a secret, and bears a token when there is one', async () => {
    await send(webhook(receiver.url));
    expect(receiver.received[0]?.headers).not.toHaveProperty('x-stagelock-signature');
    await send(webhook(receiver.url, { token: secret('token', 'abc\n') }));
    expect(receiver.received[1]?.headers.authorization).toBe('Bearer abc');
  });

  test('sends nothing with a secret that others can read, that is missing, or that would cross a network in the clear', async () => {
    const open = webhook(receiver.url, { secret: secret('open', 'x', 0o644) });
    expect(await send(open)).toMatchObject({
      kind: 'unavailable',
      lasting: true,
      why: expect.stringContaining('all users'),
    });
    const missing = webhook(receiver.url, { token: { kind: 'file', path: join(directory, 'none') } });
    expect(await send(missing)).toMatchObject({ why: expect.stringContaining('the token is missing: there is no') });
    const broken = await send(webhook(receiver.url, { token: secret('two', 'to\nken') }));
    expect(broken).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('holds no token') });
    expect(JSON.stringify(broken)).not.toContain('to\\nken');
    const clear = webhook('http://hooks.example.org/', { token: secret('token', 'abc') });
    expect(await send(clear)).toMatchObject({ why: expect.stringContaining('without encryption') });
    expect(receiver.received).toEqual([]);
  });

  test.each([
    [500, {}, { kind: 'unavailable', why: 'answers 500: sorry' }],
    [503, { 'retry-after': '120' }, { kind: 'unavailable', why: 'answers 503: sorry', retryAfterMs: 120_000 }],
    [429, { 'retry-after': '7' }, { kind: 'unavailable', why: 'answers 429: sorry', retryAfterMs: 7000 }],
    [429, { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }, { kind: 'unavailable', why: 'answers 429: sorry' }],
    [404, {}, { kind: 'unavailable', lasting: true, why: 'answers 404: sorry; is it the right URL and token?' }],
    [400, {}, { kind: 'refused', why: 'answers 400: sorry' }],
  ])('that answers %i %j is judged by that', async (code, headers, sent) => {
    receiver.usual = answering(code, 'sorry', headers);
    expect(await send(webhook(receiver.url))).toEqual(sent);
  });

  test('cannot steer a terminal by what it answers', async () => {
    receiver.usual = answering(400, 'a\u001b[2Jb\n\u0007c');
    expect(await send(webhook(receiver.url))).toEqual({ kind: 'refused', why: 'answers 400: a [2Jb c' });
  });

  test('that repeats the token does not get it into a message', async () => {
    receiver.usual = (answer, { headers }) => answering(401, `no ${headers.authorization}`)(answer, {} as Received);
    const sent = await send(webhook(receiver.url, { token: secret('token', 'abc') }));
    expect(sent).toMatchObject({ why: 'answers 401: no Bearer …; is it the right URL and token?' });
  });

  test('that hangs, breaks off or is not there is waited for no longer than allowed', async () => {
    receiver.manners.push(silent, breakingOff);
    const why = 'no answer within 0.3 s';
    expect(await send(webhook(receiver.url, { timeoutMs: 300 }))).toEqual({ kind: 'unavailable', why, lasting: true });
    expect(await send(webhook(receiver.url))).toMatchObject({
      kind: 'unavailable',
      why: expect.stringMatching(/closed|reset|hang up/i),
    });
    const { url } = receiver;
    await receiver.close();
    expect(await send(webhook(url))).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('ECONNREFUSED'),
    });
    await receiver.listen();
  });

  test('that never ends its answer has taken the event when it says 200, and not when it says 500; little of it is read', async () => {
    receiver.manners.push(endless(200), endless(500));
    expect(await send(webhook(receiver.url))).toMatchObject({ kind: 'delivered' });
    const sent = await send(webhook(receiver.url));
    expect(sent).toMatchObject({ kind: 'unavailable', why: expect.stringMatching(/^answers 500: x+$/) });
    expect(JSON.stringify(sent).length).toBeLessThan(700);
  });

  test('that says 200 and then nothing more has taken it', async () => {
    receiver.usual = (answer) => {
      answer.writeHead(200);
      answer.write('O');
    };
    expect(await send(webhook(receiver.url, { timeoutMs: 300 }))).toEqual({ kind: 'delivered', answer: '200: O' });
  });

  test('is followed to another place of its server, as a POST, and never to another server', async () => {
    receiver.manners.push(answering(308, '', { location: '/new' }), answering(307, '', { location: '/newer' }));
    expect(await send(webhook(`${receiver.url}/old`))).toMatchObject({ kind: 'delivered' });
    expect(receiver.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /old',
      'POST /new',
      'POST /newer',
    ]);
    expect(bodyOf(2)).toEqual(event('broken'));
    const other = await new Receiver().listen();
    receiver.manners.push(answering(307, '', { location: `${other.url}/x` }));
    const sent = await send(webhook(receiver.url, { token: secret('token', 'abc') }));
    expect(sent).toEqual({
      kind: 'unavailable',
      why: `redirects to ${other.url}, which is not followed`,
      lasting: true,
    });
    expect(other.received).toEqual([]);
    await other.close();
    receiver.usual = answering(302, '', { location: '/' });
    expect(await send(webhook(receiver.url))).toMatchObject({ why: 'redirects more than 5 times' });
  });

  test('is left alone by a run that is asked to stop', async () => {
    receiver.usual = silent;
    const stop = new AbortController();
    const sending = send(webhook(receiver.url), event('broken'), { signal: stop.signal });
    await receiver.until(1);
    stop.abort();
    expect(await sending).toEqual({ kind: 'aborted' });
  });
});

describe('a template', () => {
  test('for Slack has one text, in which nothing of a log is markup', async () => {
    await send(webhook(receiver.url, { template: 'slack' }));
    const { text } = bodyOf() as { text: string };
    expect(text).toMatch(/^:x: \*demo\/gcc: build failed: 1 error\*\n```\n/);
    expect(text).toContain(`x.c:3: error: &lt;bad&gt; &amp; "worse" '''`);
    expect(text.match(/```/g)).toHaveLength(2);
    expect(text).toContain('bbbbbbbbbbbb Ann: x');
  });

  test('for Matrix is a message of a room, put there once however often it is sent', async () => {
    const url = `${receiver.url}/_matrix/client/v3/rooms/!r:example.org/send/m.room.message`;
    await send(webhook(url, { template: 'matrix', token: secret('token', 'abc') }));
    const { method, path, headers } = receiver.received[0] as Received;
    expect({ method, path }).toEqual({
      method: 'PUT',
      path: `/_matrix/client/v3/rooms/!r:example.org/send/m.room.message/${event('broken').id}`,
    });
    expect(headers.authorization).toBe('Bearer abc');
    expect(bodyOf()).toMatchObject({
      msgtype: 'm.text',
      body: expect.stringContaining('demo/gcc: build failed: 1 error\n'),
      format: 'org.matrix.custom.html',
      formatted_body: expect.stringContaining('error: &lt;bad&gt; &amp; &quot;worse&quot;'),
      'm.mentions': {},
    });
  });

  test('for Matrix suits a bridge of webhooks, too', async () => {
    await send(webhook(`${receiver.url}/webhook/1`, { template: 'matrix' }));
    expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/webhook/1' });
    expect(Object.keys(bodyOf() as object)).toEqual(['text', 'html']);
  });

  test('for ntfy names the topic, and is no attachment', async () => {
    const long = event('stuck', { failures: [], message: Array(200).fill('é'.repeat(100)) });
    await send(webhook(`${receiver.url}/sub/demo`, { template: 'ntfy' }), long);
    expect(receiver.received[0]).toMatchObject({ method: 'POST', path: '/sub/' });
    const body = bodyOf() as { message: string };
    expect(body).toMatchObject({
      topic: 'demo',
      title: 'demo/gcc: build failed: 1 error',
      priority: 4,
      tags: ['warning'],
    });
    expect(Buffer.byteLength(body.message)).toBeLessThanOrEqual(3500);
    expect(body.message).toMatch(/é\[\.\.\.\]$/);
  });

  test('shows what others have written without what steers a terminal', async () => {
    const nasty = event('broken', { headline: 'a\u001b[2J\u202eb', failures: [] });
    for (const template of ['slack', 'matrix', 'ntfy'] as const)
      await send(webhook(`${receiver.url}/t`, { template }), nasty);
    for (const { body } of receiver.received) {
      expect(body).toContain('\\\\x1b[2J\\\\u202eb');
      expect(body).not.toMatch(/\\u001b|\u202e/);
    }
  });
});

describe('a ping', () => {
  test('says start, success or exit code, and of which run', async () => {
    const check = ping(`${receiver.url}/uuid`);
    const { uuid } = event('run');
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await send(check, event('start'));
    await send(check, event('run', { result: 'done', exitCode: 0 }));
    await send(check, event('run', { exitCode: 75 }));
    await send(check, event('test'));
    expect(receiver.paths).toEqual(['/start', '', '/75', '/log'].map((end) => `/uuid${end}?rid=${uuid}`));
    expect(receiver.received.map(({ method }) => method)).toEqual(Array(4).fill('POST'));
    expect(receiver.received[0]?.body).toBe('');
    expect(receiver.received[2]?.body).toContain('x.c:3: error: <bad>');
  });

  test('is told apart from that of another run', async () => {
    const check = ping(`${receiver.url}/uuid/`);
    await send(check, event('start'));
    await send(check, event('start', { run: 'fedcba9876543210' }));
    const rids = receiver.paths.map((path) => new URL(path, 'http://x').searchParams.get('rid'));
    expect(new Set(rids).size).toBe(2);
    expect(receiver.paths[0]).toMatch(/^\/uuid\/start\?rid=/);
  });

  test('to a check that the service does not know has failed, although it answers 200', async () => {
    receiver.manners.push(answering(200, 'OK (not found)'), answering(200, 'OK (rate limited)'));
    expect(await send(ping(receiver.url), event('run'))).toMatchObject({
      kind: 'unavailable',
      why: 'answers that it knows no such check',
    });
    expect(await send(ping(receiver.url), event('run'))).toMatchObject({ kind: 'unavailable', retryAfterMs: 60_000 });
  });
});

describe('the status of a commit', () => {
  test('is posted to GitHub: pending, success, failure, or an error when the run came to nothing', async () => {
    const token = secret('token', 'ghp_x').path;
    const github = status(`${receiver.url}/api/v3`, token);
    await send(github, event('start'));
    await send(github, event('run', { result: 'done', exitCode: 0, headline: 'passed' }));
    await send(github, event('run'));
    await send(github, event('run', { result: 'source-moved' }));
    const [first] = receiver.received;
    expect(first).toMatchObject({ method: 'POST', path: `/api/v3/repos/example/demo/statuses/${'b'.repeat(40)}` });
    expect(first?.headers.authorization).toBe('Bearer ghp_x');
    expect(receiver.received.map(({ body }) => JSON.parse(body).state)).toEqual([
      'pending',
      'success',
      'failure',
      'error',
    ]);
    expect(bodyOf(2)).toEqual({ state: 'failure', context: 'stagelock/gcc', description: 'build failed: 1 error' });
  });

  test('is posted to GitLab, where one that it has already is no failure', async () => {
    const token = secret('token', 'glpat').path;
    const gitlab = status(`${receiver.url}/api/v4`, token, {
      host: 'gitlab',
      repository: 'group/sub/demo',
      context: 'ci',
    });
    expect(await send(gitlab, event('run', { headline: 'x'.repeat(500) }))).toMatchObject({ kind: 'delivered' });
    expect(receiver.received[0]).toMatchObject({
      path: `/api/v4/projects/group%2Fsub%2Fdemo/statuses/${'b'.repeat(40)}`,
      headers: { 'private-token': 'glpat' },
    });
    expect(bodyOf()).toEqual({ state: 'failed', name: 'ci', description: 'x'.repeat(140) });
    receiver.manners.push(
      answering(400, '{"message":"Cannot transition status via :enqueue from :pending"}'),
      answering(400, '{"message":"other"}'),
    );
    expect(await send(gitlab, event('start'))).toMatchObject({ kind: 'delivered' });
    expect(await send(gitlab, event('start'))).toMatchObject({ kind: 'refused' });
  });

  test('is set for nothing but a commit of git, and never in a test', async () => {
    const github = status(receiver.url, secret('token', 'x').path);
    const svn = event('run', { update: { system: 'svn', prior: '1', revision: '2', commits: [], count: 0 } });
    expect(await send(github, svn)).toMatchObject({ kind: 'refused' });
    const forged = event('run', { update: { system: 'git', prior: '', revision: '../../x', commits: [], count: 0 } });
    expect(await send(github, forged)).toMatchObject({ kind: 'refused' });
    expect(receiver.received).toEqual([]);
    await send(github, event('test'));
    expect(receiver.received[0]).toMatchObject({ method: 'GET', path: '/repos/example/demo' });
  });
});

describe('a command', () => {
  test('gets the event on standard input, no shell, no secret, and its own directory', async () => {
    const script = join(directory, 'on build');
    writeFileSync(script, '#!/bin/sh\ncat > event\nprintf "%s|" "$@" > words\nenv > environment\npwd > place\n');
    chmodSync(script, 0o755);
    const subscriber = command([script, '$(touch x)', 'a b'], { directory, secretVariables: new Set(['TOKEN']) });
    const environment = { ...process.env, TOKEN: 'hidden', OTHER: 'shown' };
    expect(await send(subscriber, event('broken'), { environment })).toEqual({
      kind: 'delivered',
      answer: 'exit code 0',
    });
    expect(JSON.parse(readFileSync(join(directory, 'event'), 'utf8'))).toEqual(event('broken'));
    expect(readFileSync(join(directory, 'words'), 'utf8')).toBe('$(touch x)|a b|');
    const found = readFileSync(join(directory, 'environment'), 'utf8');
    expect(found).toContain('OTHER=shown');
    expect(found).not.toContain('hidden');
    expect(existsSync(join(directory, 'x'))).toBe(false);
  });

  test('that fails, dies or is not there is no delivery, and says why', async () => {
    const sh = (script: string) => send(command(['sh', '-c', script]));
    expect(await sh('echo no\u0007 room >&2; exit 3')).toEqual({ kind: 'unavailable', why: 'exit code 3: no  room' });
    expect(await sh('kill -KILL $$')).toEqual({ kind: 'unavailable', why: 'ended by SIGKILL' });
    expect(await send(command(['/no/such/program']))).toMatchObject({
      kind: 'unavailable',
      lasting: true,
      why: expect.stringContaining('ENOENT'),
    });
  });

  test('need not read the event, however long that is', async () => {
    const long = event('broken', { message: Array(60).fill('x'.repeat(20_000)) });
    expect(await send(command(['true']), long)).toEqual({ kind: 'delivered', answer: 'exit code 0' });
  });

  test('that takes too long is ended with all that it has started', async () => {
    const pids = join(directory, 'pids');
    const script = `sleep 100 & echo $! > '${pids}'; echo $$ >> '${pids}'; trap "" TERM; wait; sleep 100`;
    const sent = await send(command(['sh', '-c', script], { timeoutMs: 300 }));
    expect(sent).toEqual({ kind: 'unavailable', why: 'did not end within 0.3 s', lasting: true });
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) expect(isRunning(Number(pid))).toBe(false);
  });

  test('may leave something running that keeps its pipes', async () => {
    expect(await send(command(['sh', '-c', 'sleep 3 & exit 0']))).toMatchObject({ kind: 'delivered' });
  });
});

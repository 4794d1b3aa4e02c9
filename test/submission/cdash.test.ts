import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CDashSubmission } from '../../src/config/project.js';
import { CDash } from '../../src/submission/cdash.js';
import type { Report } from '../../src/submission/sending.js';
import { breakingOff, cdash, type Dashboard, dashboard, refusing, silent } from './dashboard.js';

let directory: string;
let server: Dashboard;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-cdash-'));
  server = await dashboard();
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

function settings(more: Partial<CDashSubmission> = {}): CDashSubmission {
  return {
    type: 'cdash',
    url: server.url,
    token: undefined,
    caFile: undefined,
    timeoutMs: 5000,
    retries: 0,
    retryDelayMs: 0,
    keepMs: 1e9,
    spoolBytes: 1e9,
    ...more,
  };
}

function report(content = '<Site/>\n', names: Partial<Report> = {}): Report {
  const path = join(directory, 'Build.xml');
  writeFileSync(path, content);
  return { path, name: 'Build.xml', site: 'a host', build: 'gcc (x) +&', stamp: '20020131-1121-Nightly', ...names };
}

async function send(
  what: Report = report(),
  how: CDashSubmission = settings(),
  environment: NodeJS.ProcessEnv = {},
  signal = new AbortController().signal,
) {
  const destination = new CDash(how, environment);
  try {
    return await destination.send(what, signal);
  } finally {
    await destination.close();
  }
}

describe('a report for CDash', () => {
  test('is put with its names, its stamp and its MD5, behind the parameters of the URL', async () => {
    expect(await send()).toEqual({ kind: 'delivered', buildId: '4711' });
    expect(server.received).toEqual([
      {
        method: 'PUT',
        path: '/submit.php',
        parameters: {
          project: 'x',
          FileName: 'a host___gcc (x) +&___20020131-1121-Nightly___XML___Build.xml',
          build: 'gcc (x) +&',
          site: 'a host',
          stamp: '20020131-1121-Nightly',
          MD5: '159f95e9e7552044869b5328d57a2cc5',
        },
        contentType: 'text/xml',
        authorization: undefined,
        body: '<Site/>\n',
      },
    ]);
  });

  test('has its names percent-encoded, also where they are not ASCII', async () => {
    await send(report('<Site/>', { build: 'größe/ß', site: 'ночь' }));
    expect(server.received[0]?.parameters).toMatchObject({ build: 'größe/ß', site: 'ночь' });
  });

  test('of many megabytes arrives whole', async () => {
    expect(await send(report(`<Site>${'x'.repeat(30_000_000)}</Site>`))).toMatchObject({ kind: 'delivered' });
    expect(server.received[0]?.body.length).toBe(30_000_013);
  });

  test('is none when a link stands in its place: it would send a file of somebody else’s choice', async () => {
    const path = join(directory, 'Test.xml');
    symlinkSync('/etc/passwd', path);
    expect(await send({ ...report(), path })).toEqual({ kind: 'refused', message: `${path} is a symbolic link` });
    expect(server.answers).toEqual([]);
  });
});

describe('the token', () => {
  test.each([
    ['a file', { kind: 'file', path: 'token' }],
    ['the environment', { kind: 'variable', name: 'CDASH_TOKEN' }],
  ] as const)('comes from %s, without the end of its line', async (_, token) => {
    writeFileSync(join(directory, 'token'), 'secret\n', { mode: 0o600 });
    const source = token.kind === 'file' ? { ...token, path: join(directory, token.path) } : token;
    await send(report(), settings({ token: source }), { CDASH_TOKEN: 'secret\n' });
    expect(server.received[0]?.authorization).toBe('Bearer secret');
  });

  test('that is missing or strange keeps the report, and what it is gets into no message', async () => {
    const path = join(directory, 'token');
    const withFile = settings({ token: { kind: 'file', path } });
    expect(await send(report(), withFile)).toEqual({
      kind: 'unavailable',
      message: `the token is missing: there is no ${path}`,
      lasting: true,
    });
    writeFileSync(path, 'geheim\r\nX-Evil: 1\n', { mode: 0o600 });
    expect(await send(report(), withFile)).toEqual({
      kind: 'unavailable',
      message: `${path} holds no token`,
      lasting: true,
    });
    expect(server.answers).toEqual([]);
  });

  test('goes along a redirect on the same server, and not to another one', async () => {
    const other = await dashboard();
    try {
      const token = { kind: 'variable', name: 'T' } as const;
      const to = (status: number, place: string) =>
        server.manners.push((answer, { parameters: { MD5 } }) => {
          answer.writeHead(status, { location: `${place}&MD5=${MD5}` });
          answer.end();
        });
      to(307, '/elsewhere.php?a=1');
      expect(await send(report(), settings({ token }), { T: 'secret' })).toMatchObject({ kind: 'delivered' });
      expect(server.received[0]).toMatchObject({
        path: '/elsewhere.php',
        authorization: 'Bearer secret',
        method: 'PUT',
      });
      to(302, other.url);
      expect(await send(report(), settings({ token }), { T: 'secret' })).toMatchObject({ kind: 'delivered' });
      expect(other.received).toMatchObject([{ method: 'PUT', body: '<Site/>\n', authorization: undefined }]);
    } finally {
      await other.close();
    }
  });
});

describe('a server', () => {
  test.each([
    ['that is overloaded', refusing(503, '', { 'retry-after': '7' }), 'answers 503'],
    ['that is broken', refusing(500, 'oops'), 'answers 500'],
    ['that wants another token', refusing(401), 'answers 401; is the token right, and has it not expired?'],
    ['that knows no such page', refusing(404, '<html>'), 'answers 404; is it the URL of submit.php?'],
    ['behind a login page', refusing(200, '<html>Welcome</html>'), 'answers, but not as CDash does'],
    ['that says nothing', refusing(200), 'answers, but not as CDash does'],
    ['whose answer is cut off', refusing(200, '<cdash><status>OK'), 'answers, but not as CDash does'],
    ['that got something else', refusing(200, cdash('OK', '', '0'.repeat(32))), 'its MD5 differs'],
    ['that breaks off', breakingOff, 'other side closed'],
    ['that never answers', silent, 'nothing heard for 0.3 s'],
    ['that talks without end', refusing(200, 'x'.repeat(1_100_000)), 'more than 1 MB'],
    ['that redirects to nowhere', refusing(301, '', { location: 'http://[' }), 'which is no URL'],
    [
      'that redirects to a file',
      refusing(301, '', { location: 'file:///etc/passwd' }),
      'which is not https; not followed',
    ],
  ])('%s gets the report later', async (_, manner, message) => {
    server.manners.push(manner);
    const sent = await send(report(), settings({ timeoutMs: 300 }));
    expect(sent).toMatchObject({ kind: 'unavailable', message: expect.stringContaining(message) });
  });

  test('that says how long to wait is heard', async () => {
    server.manners.push(refusing(429, '', { 'retry-after': '7' }));
    expect(await send()).toMatchObject({ retryAfterMs: 7000 });
  });

  test('that redirects in a circle is left alone in the end', async () => {
    server.manners.push(...Array.from({ length: 9 }, () => refusing(302, '', { location: '/submit.php' })));
    expect(await send()).toMatchObject({ kind: 'unavailable', message: 'redirects more than 5 times' });
  });

  test.each([
    ['says ERROR', refusing(200, cdash('ERROR', 'no such\n project \u001b[2J')), 'says ERROR: no such project  [2J'],
    ['finds it too large', refusing(413), 'answers 413'],
    ['cannot read it', refusing(400, cdash('ERROR', 'not XML')), 'answers 400: not XML'],
  ])('that %s has judged this very report', async (_, manner, message) => {
    server.manners.push(manner);
    expect(await send()).toEqual({ kind: 'refused', message });
  });

  test('that has a warning takes the report', async () => {
    server.manners.push(refusing(200, cdash('WARNING', 'too many tests')));
    expect(await send()).toEqual({ kind: 'delivered', warning: 'says WARNING: too many tests' });
  });

  test('that is not there', async () => {
    await server.close();
    const sent = await send();
    expect(sent).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('ECONNREFUSED') });
    server = await dashboard();
  });

  test('is not waited for when the run shall stop', async () => {
    server.manners.push(silent);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    expect(await send(report(), settings(), {}, stop.signal)).toEqual({ kind: 'aborted' });
  });

  test('is reached through the proxy of the environment, unless no_proxy names it', async () => {
    const tunnels: string[] = [];
    const proxy = await tunnelling(tunnels);
    try {
      const { port } = proxy.address() as AddressInfo;
      const through = { http_proxy: `http://127.0.0.1:${port}` };
      expect(await send(report(), settings(), through)).toMatchObject({ kind: 'delivered' });
      expect(tunnels).toEqual([`127.0.0.1:${server.port}`]);
      expect(await send(report(), settings(), { ...through, no_proxy: '127.0.0.1' })).toMatchObject({
        kind: 'delivered',
      });
      expect(tunnels).toHaveLength(1);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

describe.skipIf(noOpenssl)('a server with TLS', () => {
  test('is trusted when its authority is: by ca_file', async () => {
    const key = join(directory, 'key.pem');
    const cert = join(directory, 'cert.pem');
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]);
    const tls = await dashboard({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
    try {
      const sent = await send(report(), settings({ url: tls.url }));
      expect(sent).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/self-signed|certificate/) });
      expect(tls.received).toEqual([]);
      const trusted = settings({ url: tls.url, caFile: cert });
      expect(await send(report(), trusted)).toMatchObject({ kind: 'delivered' });
      // Nobody may talk it out of its encryption again.
      tls.manners.push(refusing(301, '', { location: server.url }));
      expect(await send(report(), trusted)).toMatchObject({
        message: expect.stringContaining('which is not https; not followed'),
      });
    } finally {
      await tls.close();
    }
  });

  test('is not asked when the file of its authority cannot be read', async () => {
    const sent = await send(report(), settings({ caFile: join(directory, 'none.pem') }));
    expect(sent).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('none.pem') });
  });
});

/** A proxy that opens tunnels (CONNECT), and remembers where to. */
async function tunnelling(tunnels: string[]): Promise<Server> {
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, socket) => {
    tunnels.push(url);
    const [host = '', port = ''] = url.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Dashboard, dashboard, type Manner } from '../submission/dashboard.js';
import { DartBuild } from './dart-build.js';
import { missing, STAGELOCK } from './programs.js';

const noCtest = missing('ctest');
let build: DartBuild;
let server: Dashboard;

beforeEach(async () => {
  build = new DartBuild();
  server = await dashboard();
});

afterEach(async () => {
  await server.close();
  build.remove();
});

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Without blocking this process, in which the server runs. */
function execute(program: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: build.directory, env: build.environment }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, said: stdout + stderr }),
    );
  });
}

const ctest = (...args: readonly string[]): Promise<Ended> => execute('ctest', ...args);
const stagelock = (...args: readonly string[]): Promise<Ended> =>
  execute(process.execPath, STAGELOCK, '--build-dir', build.directory, ...args);

/** Takes reports from whom it knows only, and says so as servers do. */
function guarded(challenge: string, knows: (authorization: string) => boolean): void {
  const guard: Manner = (answer, { authorization }, accept) => {
    if (authorization !== undefined && knows(authorization)) return accept();
    answer.writeHead(401, { 'www-authenticate': challenge });
    answer.end('who are you?');
  };
  server.manners.push(...Array.from({ length: 100 }, () => guard));
}

/** Where reports came in, and with which words. */
function arrivals(): readonly string[] {
  const seen = server.received.splice(0).map(({ path, parameters, authorization }) => {
    const words = authorization?.startsWith('Basic ')
      ? Buffer.from(authorization.slice(6), 'base64').toString()
      : authorization?.split(' ')[0];
    return `${path} ${parameters['project']} ${words}`;
  });
  return [...new Set(seen)];
}

/** All that stands below the build directory, but for what CMake has written. */
function writtenTexts(): string {
  return readdirSync(build.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'DartConfiguration.tcl')
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n');
}

const at = (): string => `127.0.0.1:${server.port}`;

describe.skipIf(noCtest !== undefined)(`what a build of CTest is submitted to (${noCtest ?? 'real ctest'})`, () => {
  const both = async (): Promise<{ readonly theirs: readonly string[]; readonly ours: readonly string[] }> => {
    const args = ['Start', 'Build', 'Submit'].flatMap((step) => ['-D', `Experimental${step}`]);
    await ctest(...args);
    const theirs = arrivals();
    const ran = await stagelock('run');
    expect(ran).toMatchObject({ code: 0 });
    for (const text of [ran.said, (await stagelock('check')).said, (await stagelock('status', '--json')).said]) {
      expect(text).not.toContain('geheim');
    }
    expect(writtenTexts()).not.toContain('geheim');
    return { theirs, ours: arrivals() };
  };

  test.each([
    {
      what: 'Drop entries of an old CMake',
      entries: () => ({ DropMethod: 'http', DropSite: at(), DropLocation: '/submit.php?project=x' }),
    },
    {
      what: 'Drop entries without a method',
      entries: () => ({ DropSite: at(), DropLocation: '/CDash/submit.php?project=x', SubmitURL: '' }),
    },
    {
      what: 'SubmitURL beside Drop entries',
      entries: () => ({ SubmitURL: server.url, DropSite: 'old.example', DropLocation: '/submit.php' }),
    },
    { what: 'SubmitURL without a scheme', entries: () => ({ SubmitURL: `${at()}/submit.php?project=x` }) },
    { what: 'SubmitURL in capitals', entries: () => ({ SubmitURL: `HTTP://${at()}/submit.php?project=x` }) },
    {
      what: 'a user that no server asks for',
      entries: () => ({ SubmitURL: `http://dash:geheim@${at()}/submit.php?project=x` }),
    },
  ])('$what', async ({ entries }) => {
    build.configure({ MakeCommand: '/usr/bin/env', ...entries() });
    const { theirs, ours } = await both();
    expect(theirs).toHaveLength(1);
    expect(ours).toEqual(theirs);
  });

  test.each([
    { what: 'SubmitURL', url: 'http://dash:geheim@', words: 'dash:geheim' },
    { what: 'SubmitURL with encoded letters', url: 'http://d%40sh:geheim%3A%2F%c3%a4@', words: 'd@sh:geheim:/ä' },
    { what: 'SubmitURL with a user alone', url: 'http://dash@', words: 'dash:' },
    { what: 'Drop entries', user: 'dash', password: 'geheim', words: 'dash:geheim' },
    { what: 'Drop entries with a user alone', user: 'dash', words: 'dash:' },
    { what: 'Drop entries with encoded letters', user: 'd%40sh', password: 'geheim%2f', words: 'd@sh:geheim/' },
  ])('a user of $what for a server that asks', async ({ url, user, password, words }) => {
    guarded('Basic realm="CDash"', (said) => said === `Basic ${Buffer.from(words).toString('base64')}`);
    build.configure({
      MakeCommand: '/usr/bin/env',
      ...(url === undefined
        ? { DropMethod: 'http', DropSite: at(), DropSiteUser: user, DropSitePassword: password }
        : { SubmitURL: `${url}${at()}/submit.php?project=x` }),
      ...(url === undefined && { DropLocation: '/submit.php?project=x' }),
    });
    const { theirs, ours } = await both();
    expect(theirs).toEqual([`/submit.php x ${words}`]);
    expect(ours).toEqual(theirs);
  });

  test.each([
    { challenge: 'Digest realm="C \\"D\\"", nonce="n,1", qop="auth,auth-int", opaque="o"', hash: 'md5' },
    { challenge: 'Basic realm="Digest", Digest realm="CDash", nonce="abc="', hash: 'md5' },
    { challenge: 'Digest nonce="abc", realm="CDash", algorithm=SHA-256, qop="auth"', hash: 'sha256' },
  ])('a user for a server that asks for $challenge', async ({ challenge, hash }) => {
    guarded(challenge, (said) => said.startsWith('Digest ') && isRight(said, hash));
    build.configure({ MakeCommand: '/usr/bin/env', SubmitURL: `http://dash:geheim@${at()}/submit.php?project=x` });
    const { theirs, ours } = await both();
    expect(theirs).toEqual(['/submit.php x Digest']);
    expect(ours).toEqual(theirs);
  });
});

/** Whether an answer to a challenge is that of dash with the password geheim, for what it says of itself. */
function isRight(authorization: string, algorithm: string): boolean {
  const hash = (text: string): string => createHash(algorithm).update(text).digest('hex');
  const said = Object.fromEntries(
    [...authorization.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))/g)].map(([, key, a, b]) => [
      key,
      a?.replaceAll(/\\(.)/g, '$1') ?? b,
    ]),
  );
  const secret = hash(`dash:${said['realm']}:geheim`);
  const between = said['qop'] === 'auth' ? `${said['nonce']}:${said['nc']}:${said['cnonce']}:auth` : said['nonce'];
  return said['response'] === hash(`${secret}:${between}:${hash(`PUT:${said['uri']}`)}`);
}

test.each([
  { SubmitURL: 'http://dash:geheim@127.0.0.1:1/submit.php', says: 'http://127.0.0.1:1/submit.php' },
  { SubmitURL: 'http://dash:geheim@127.0.0.1:99999/', says: 'is not a URL' },
  { SubmitURL: 'http://dash:gehe/geheim@host/', says: 'is not a URL' },
  { SubmitURL: 'http://dash:12/geheim@host/', says: 'has an @ after its host' },
  { SubmitURL: 'ftp://dash:geheim@host/', says: 'ftp' },
  { SubmitURL: '', DropMethod: 'scp', DropSite: 'host', DropSiteUser: 'dash', DropSitePassword: 'geheim', says: 'scp' },
  { SubmitURL: 'dash:geheim@', says: 'is not a URL' },
])(
  'a password is never shown where reports cannot be submitted: $SubmitURL $DropMethod',
  async ({ says, ...entries }) => {
    build.configure({ MakeCommand: '/usr/bin/env', CTestSubmitRetryCount: '0', ...entries });
    const ran = await stagelock('run');
    const checked = await stagelock('check');
    expect(ran.said + checked.said).toContain(says);
    for (const text of [ran.said, checked.said, (await stagelock('submit')).said, writtenTexts()]) {
      expect(text).not.toContain('geheim');
    }
  },
);

test('a server to which another one redirects gets no password, not even when it asks for one', async () => {
  const other = await dashboard();
  try {
    const redirect: Manner = (answer) => {
      answer.writeHead(307, { location: other.url });
      answer.end();
    };
    const asked: (string | undefined)[] = [];
    const greedy: Manner = (answer, { authorization }) => {
      asked.push(authorization);
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="yours"' });
      answer.end();
    };
    server.manners.push(...Array.from({ length: 20 }, () => redirect));
    other.manners.push(...Array.from({ length: 20 }, () => greedy));
    build.configure({ SubmitURL: `http://dash:geheim@${at()}/submit.php?project=x`, CTestSubmitRetryCount: '0' });
    expect((await stagelock('run')).said).not.toContain('geheim');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every((authorization) => authorization === undefined)).toBe(true);
  } finally {
    await other.close();
  }
});

test('a password that the server does not take is not shown, and is named as what is wrong', async () => {
  guarded('Basic realm="geheim"', () => false);
  build.configure({ SubmitURL: `http://dash:geheim@${at()}/submit.php?project=x` });
  const { said } = await stagelock('run');
  expect(said).toContain('answers 401; are the user and the password of the URL right?');
  expect(said).not.toContain('geheim');
  expect(writtenTexts()).not.toContain('geheim');
});

test.each([
  { SubmitURL: 'none', says: 'SubmitURL is "none"' },
  { SubmitURL: 'http://', says: 'SubmitURL names no server' },
  { SubmitURL: '', says: 'there is neither a SubmitURL nor a DropSite' },
  { SubmitURL: undefined, DropMethod: 'http', DropSite: '', says: 'there is neither a SubmitURL nor a DropSite' },
])('check says that nothing is submitted: $SubmitURL', async ({ says, ...entries }) => {
  build.configure(entries);
  const checked = await stagelock('check');
  expect(checked).toMatchObject({ code: 0, said: expect.stringContaining(`submits nothing: ${says}`) });
  expect(await stagelock('run')).toMatchObject({ code: 0 });
});

test('check says that a password may cross a network where others can read it', async () => {
  build.configure({ SubmitURL: 'http://dash:geheim@cdash.example.org/submit.php?project=x' });
  const checked = await stagelock('check');
  expect(checked).toMatchObject({
    code: 0,
    said: expect.stringContaining('go to http://cdash.example.org without encryption'),
  });
  expect(checked.said).not.toContain('geheim');
  build.configure({ SubmitURL: 'https://dash:geheim@cdash.example.org/submit.php?project=x' });
  expect((await stagelock('check')).said).not.toContain('encryption');
});

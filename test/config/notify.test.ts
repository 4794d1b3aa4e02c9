import { describe, expect, it } from 'vitest';
import { load, problems } from './config.js';

const PROJECT = `[project]
name = "E"
[defaults]
source = "s"
stages = { build = { shell = "make" } }
[builds.gcc]
directory = "gcc"
[builds.clang]
primary = "gcc"
directory = "clang"
`;
const notify = (text: string) => load(`${PROJECT}[[notify]]\n${text}`).subscribers;
const wrong = (text: string) => problems(`${PROJECT}[[notify]]\n${text}`).join('\n');

const USUAL = new Set(['broken', 'fixed', 'stuck', 'waited']);
const STATUS = 'commit_status = "github"\nrepository = "a/b"\ntoken_file = "t"';

describe('who is notified', () => {
  it('is no one without an entry', () => expect(load(PROJECT).subscribers).toEqual([]));

  it('is a command, with the usual events, for two days', () => {
    expect(notify('command = ["bin/tell", "x"]')).toEqual([
      {
        kind: 'command',
        name: 'command',
        builds: undefined,
        timeoutMs: 30_000,
        keepMs: 2 * 86_400_000,
        on: USUAL,
        argv: ['/etc/ci/bin/tell', 'x'],
        directory: '/etc/ci',
        secretVariables: new Set(),
      },
    ]);
    expect(notify('command = ["tell"]')).toMatchObject([{ argv: ['tell'] }]);
  });

  it('is a webhook, with its secrets as files', () => {
    expect(notify('webhook = "https://x/h"')).toMatchObject([
      { kind: 'webhook', template: 'event', secret: undefined, token: undefined, allowInsecure: false, on: USUAL },
    ]);
    const all = `name = "chat"
webhook = "https://x/h"
template = "ntfy"
secret_file = "key"
token_file = "/t"
allow_insecure = true
ca_file = "ca.pem"
on = ["run"]
builds = ["clang"]
timeout = 5
keep = "1 h"`;
    expect(notify(all)).toEqual([
      {
        kind: 'webhook',
        name: 'chat',
        builds: new Set(['clang']),
        timeoutMs: 5000,
        keepMs: 3_600_000,
        on: new Set(['run']),
        url: 'https://x/h',
        caFile: '/etc/ci/ca.pem',
        template: 'ntfy',
        secret: { kind: 'file', path: '/etc/ci/key' },
        token: { kind: 'file', path: '/t' },
        allowInsecure: true,
      },
    ]);
  });

  it('is a dead-man service, whose news are old after an hour', () => {
    expect(notify('ping = "https://hc-ping.com/x"')).toEqual([
      {
        kind: 'ping',
        name: 'ping',
        builds: undefined,
        timeoutMs: 30_000,
        keepMs: 3_600_000,
        url: 'https://hc-ping.com/x',
        caFile: undefined,
      },
    ]);
  });

  it('is a commit, at GitHub or GitLab', () => {
    expect(notify(STATUS)).toMatchObject([
      {
        kind: 'commit-status',
        name: 'commit_status',
        host: 'github',
        url: 'https://api.github.com',
        repository: 'a/b',
        token: { kind: 'file', path: '/etc/ci/t' },
        context: undefined,
      },
    ]);
    const gitlab = 'commit_status = "gitlab"\nrepository = "17"\ntoken_file = "t"\ncontext = "ci"';
    expect(notify(gitlab)).toMatchObject([{ url: 'https://gitlab.com/api/v4', repository: '17', context: 'ci' }]);
    expect(notify(`${gitlab}\nurl = "https://git.x/api/v4/"`)).toMatchObject([{ url: 'https://git.x/api/v4' }]);
  });

  it('may be many, each with a name of its own', () => {
    expect(notify('ping = "https://x/"\n[[notify]]\nwebhook = "https://x/"').map(({ name }) => name)).toEqual([
      'ping',
      'webhook',
    ]);
  });
});

describe('what is wrong with an entry', () => {
  it.each([
    ['', '11: notify[0]: the entry needs one of `command`, `webhook`, `ping` and `commit_status`'],
    ['on = ["run"]', 'notify[0]: the entry needs one of'],
    [
      'ping = "https://x/"\nwebhook = "https://y/"',
      '12: notify[0].ping: found both `webhook` and `ping`, expected one of them',
    ],
    ['ping = "x"', '12: notify[0].ping: found "x", expected a URL such as'],
    ['ping = "https://x/"\non = ["run"]', '13: notify[0].on: a `ping` follows every run and has no `on`'],
    [
      'webhook = "https://x/"\ntemplate = "teams"',
      '13: notify[0].template: found "teams", expected "slack", "matrix" or "ntfy"',
    ],
    ['webhook = "https://x/"\non = ["broke"]', 'notify[0].on[0]: found "broke", expected "broken" or "fixed"'],
    ['webhook = "https://x/"\nbuilds = ["gc"]', 'notify[0].builds[0]: there is no build "gc"; did you mean `gcc`?'],
    [
      'webhook = "https://x/"\ntemplte = "slack"',
      '13: notify[0].templte: unknown key `templte`; did you mean `template`?',
    ],
    ['webhook = "https://x/"\nhost = "x"', '13: notify[0].host: unknown key `host` here; it belongs in [mail]'],
    ['webhook = "https://x/"\nrepository = "a/b"', 'notify[0].repository: a `webhook` has no `repository`'],
    ['webhook = "https://ann:secret@x/"', 'notify[0].webhook: the URL contains a user or a password'],
    [
      'webhook = "https://ntfy.sh/"\ntemplate = "ntfy"',
      'notify[0].webhook: the URL of an ntfy server ends in the topic',
    ],
    ['command = ["x"]\nsecret_file = "y"', 'notify[0].secret_file: a `command` has no `secret_file`'],
    ['command = []', 'notify[0].command: found an empty array, expected an array that begins with the program to run'],
    ['commit_status = "github"\nrepository = "a/b"', 'notify[0].token_file: a `commit_status` needs the `token_file`'],
    ['commit_status = "github"\ntoken_file = "t"', 'notify[0].repository: a `commit_status` needs its `repository`'],
    ['commit_status = "github"\ntoken_file = "t"\nrepository = "a"', 'found "a", expected OWNER/NAME'],
    ['commit_status = "github"\ntoken_file = "t"\nrepository = "a/../b"', 'expected OWNER/NAME'],
    ['name = "a/b"\nping = "https://x/"', 'notify[0].name: found "a/b", expected a name: 1 to 64 letters'],
    [
      'ping = "https://x/"\n[[notify]]\nping = "https://y/"',
      '13: notify[1]: more than one entry has a `ping`; give each of them a `name`',
    ],
    [
      'name = "A"\nping = "https://x/"\n[[notify]]\nname = "a"\nping = "https://y/"',
      'notify[1].name: the name "a" is that of an entry above, too',
    ],
  ])('%j', (text, problem) => expect(wrong(text)).toContain(problem));

  it('is told once, and does not hide what is wrong with others', () => {
    const found = problems(
      `${PROJECT}[[notify]]\nwebhook = 5\n[[notify]]\ncommit_status = "github"\ntoken_file = "t"\n`,
    );
    expect(found).toEqual([
      '12: notify[0].webhook: found 5, expected a URL',
      '13: notify[1].repository: a `commit_status` needs its `repository`',
    ]);
  });

  it('never shows the password of a URL', () => {
    expect(wrong('webhook = "https://ann:secret@x/"\ntemplate = "slack"\nsecret = "x"')).not.toContain('ann:secret');
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseProject } from '../../src/config/load.js';
import { load, problems } from './config.js';

const PROJECT = `[project]
name = "E"
[defaults]
source = "s"
stages = { build = { shell = "make" } }
[builds.gcc]
directory = "gcc"
`;
const TABLE = `${PROJECT}[coordination]\n`;
const coordination = (text: string) => load(`${TABLE}${text}`).coordination;
const wrong = (text: string) => problems(`${TABLE}${text}`).join('\n');

const ONE = 'etcd = ["https://a:2379"]\n';

describe('coordination', () => {
  it('is by files without its table', () => expect(load(PROJECT).coordination).toBeUndefined());

  it('is by the members of a cluster, with the rest by default', () => {
    expect(coordination('etcd = ["http://127.0.0.1:2379/", "https://[::1]:2379"]')).toEqual({
      endpoints: ['http://127.0.0.1:2379', 'https://[::1]:2379'],
      prefix: '/stagelock/E',
      caFile: undefined,
      certFile: undefined,
      keyFile: undefined,
      login: undefined,
      leaseMs: 30_000,
      requestTimeoutMs: 5000,
      host: 'host',
      whenAway: 'stop',
    });
  });

  it('has each key', () => {
    const all = `${ONE}prefix = "/a.b/c-d_1"
ca_file = "ca.pem"
cert_file = "/c.pem"
key_file = "k.pem"
user = "me"
password_file = "pw"
allow_insecure = true
lease = "10 min"
request_timeout = 1
host = "b-1.example"
when_away = "compile"`;
    expect(coordination(all)).toEqual({
      endpoints: ['https://a:2379'],
      prefix: '/a.b/c-d_1',
      caFile: '/etc/ci/ca.pem',
      certFile: '/c.pem',
      keyFile: '/etc/ci/k.pem',
      login: { user: 'me', password: { kind: 'file', path: '/etc/ci/pw' } },
      allowInsecure: true,
      leaseMs: 600_000,
      requestTimeoutMs: 1000,
      host: 'b-1.example',
      whenAway: 'compile',
    });
  });

  it('keeps the variable of its password from stages', () => {
    const project = load(`${TABLE}${ONE}user = "me"\npassword_variable = "PW"`);
    expect(project.coordination?.login).toEqual({ user: 'me', password: { kind: 'variable', name: 'PW' } });
    expect(project.secretVariables).toEqual(new Set(['PW']));
  });

  it.each([
    ['', '8: coordination.etcd: coordination needs the URLs of `etcd`'],
    ['etcd = "https://a"', '9: coordination.etcd: found "https://a", expected a list of URLs'],
    ['etcd = []', 'coordination.etcd: found an empty array, expected a list of 1 to 9 URLs'],
    [`etcd = [${'"https://a", '.repeat(10)}]`, 'coordination.etcd: found an array, expected a list of 1 to 9 URLs'],
    ['etcd = ["a:2379"]', '9: coordination.etcd[0]: found "a:2379", expected a URL of a member such as'],
    ['etcd = ["https://a:2379/v3"]', 'coordination.etcd[0]: found "https://a:2379/v3", expected a URL without a path'],
    ['etcd = ["https://ann:secret@a"]', 'coordination.etcd[0]: the URL contains a user or a password'],
    [`${ONE}prefix = "stagelock"`, '10: coordination.prefix: found "stagelock", expected a prefix of keys such as'],
    [`${ONE}prefix = "/a/"`, 'coordination.prefix: found "/a/", expected a prefix of keys'],
    [`${ONE}prefix = "/a b"`, 'coordination.prefix: found "/a b", expected a prefix of keys'],
    [`${ONE}cert_file = "c"`, 'coordination.key_file: a `cert_file` needs the `key_file` with its key'],
    [`${ONE}key_file = "c"`, 'coordination.cert_file: a `key_file` needs the `cert_file`'],
    ['etcd = ["http://a"]\nca_file = "c"', 'coordination.ca_file: the members have http URLs'],
    [`${ONE}user = "me"`, 'coordination.password_file: a `user` needs a `password_file` or a `password_variable`'],
    [`${ONE}password_file = "p"`, 'coordination.user: a password needs a `user`'],
    [
      `${ONE}user = "me"\npassword_file = "p"\npassword_variable = "P"`,
      'coordination.password_variable: found both `password_file` and `password_variable`',
    ],
    [`${ONE}lease = "9 s"`, '10: coordination.lease: found "9 s", expected a duration from 10 s to 10 min'],
    [`${ONE}lease = 601`, 'coordination.lease: found 601, expected a duration from 10 s to 10 min'],
    [`${ONE}lease = "soon"`, 'coordination.lease: found "soon", expected a number of seconds'],
    [`${ONE}request_timeout = "20 ms"`, 'found "20 ms", expected a duration from 1 s to 1 min'],
    [`${ONE}request_timeout = 16`, '10: coordination.request_timeout: a request that may take more than half of'],
    [`${ONE}host = "a b"`, 'coordination.host: found "a b", expected a name: 1 to 64 letters'],
    [`${ONE}when_away = "go"`, 'coordination.when_away: found "go", expected "stop" or "compile"'],
    [`${ONE}leese = 5`, '10: coordination.leese: unknown key `leese`; did you mean `lease`?'],
    [`${ONE}collect = 5`, 'coordination.collect: unknown key `collect` here; it belongs in [mail]'],
  ])('%j', (text, problem) => expect(wrong(text)).toContain(problem));

  it('has no prefix of itself for a name that is no part of one', () => {
    const spaced = TABLE.replace('"E"', '"my project"');
    expect(problems(`${spaced}${ONE}`)).toEqual([
      expect.stringContaining('coordination.prefix: the name of the project'),
    ]);
    expect(load(`${spaced}${ONE}prefix = "/mine"`).coordination?.prefix).toBe('/mine');
  });

  it('has no name of itself for a host that is called otherwise', () => {
    const loaded = parseProject(`${TABLE}${ONE}`, '/etc/ci/stagelock.toml', { hostname: 'a/b' });
    expect(loaded).toMatchObject({ kind: 'invalid', problems: [{ path: 'coordination.host' }] });
  });

  it('never shows the password of a URL', () => {
    const text = 'etcd = ["https://ann:secret@a/x", "https://ann:secret@a"]\nhost = "x y"';
    expect(wrong(text)).not.toContain('secret@');
  });

  it('is in the example, with the names of its keys', () => {
    const example = readFileSync(new URL('../../config/stagelock.example.toml', import.meta.url), 'utf8');
    const commented = example.slice(
      example.indexOf('# [coordination]'),
      example.indexOf('# What `stagelock schedule`'),
    );
    const lines = commented.split('\n').filter((line) => /^# (\[|[a-z_]+ = )/.test(line));
    const text = lines.map((line) => line.slice(2)).join('\n');
    expect(load(`${PROJECT}${text}`).coordination?.endpoints).toHaveLength(3);
  });
});

import { describe, expect, it } from 'vitest';
import { load, problems } from './config.js';

const PROJECT = `
[project]
name = "Example"
[defaults.stages.build]
command = ["make"]
[builds.gcc]
source = "src"
directory = "gcc"
`;

const mail = (text: string) => load(`${PROJECT}[mail]\n${text}`).mail;
const wrong = (text: string) => problems(`${PROJECT}[mail]\n${text}`).join('\n');

describe('mails', () => {
  it('are none without a table', () => expect(load(PROJECT).mail).toBeUndefined());

  it('go by sendmail to the maintainers, for five days', () => {
    expect(mail('to = ["ann@example.org"]')).toEqual({
      transport: { type: 'sendmail', program: '/usr/sbin/sendmail' },
      from: undefined,
      to: ['ann@example.org'],
      authors: false,
      authorDomain: undefined,
      monitors: [],
      collectMs: 300_000,
      keepMs: 5 * 86_400_000,
    });
  });

  it.each([
    ['', 'starttls', 587],
    ['security = "starttls"', 'starttls', 587],
    ['security = "tls"', 'tls', 465],
    ['security = "none"', 'none', 25],
    ['security = "none"\nport = 2525', 'none', 2525],
  ])('go by smtp, encrypted unless that is not wanted: %j', (more, security, port) => {
    const { transport } = mail(`authors = true\ntransport = "smtp"\nhost = "mx"\n${more}`) ?? {};
    expect(transport).toEqual({ type: 'smtp', host: 'mx', port, security, login: undefined, caFile: undefined });
  });

  it('have a login with a password from elsewhere', () => {
    const smtp = 'monitors = ["m@example.org"]\ntransport = "smtp"\nhost = "mx"\nuser = "u"\nca_file = "ca.pem"';
    expect(mail(`${smtp}\npassword_file = "secret"`)?.transport).toMatchObject({
      login: { user: 'u', password: { kind: 'file', path: '/etc/ci/secret' } },
      caFile: '/etc/ci/ca.pem',
    });
    expect(mail(`${smtp}\npassword_variable = "SMTP_PASSWORD"`)?.transport).toMatchObject({
      login: { user: 'u', password: { kind: 'variable', name: 'SMTP_PASSWORD' } },
    });
  });

  it('are wrong without recipients, or when a key is of the other transport', () => {
    expect(wrong('')).toContain('mail has no recipients');
    expect(wrong('to = ["ann"]')).toContain('an address such as "name@example.org"');
    expect(wrong('to = ["a@b"]\nport = 25')).toContain('mails by sendmail have no `port`');
    expect(wrong('to = ["a@b"]\ntransport = "smtp"')).toContain('need the `host`');
    expect(wrong('to = ["a@b"]\ntransport = "smtp"\nhost = "mx"\nsendmail = "/x"')).toContain('have no `sendmail`');
    const login = 'to = ["a@b"]\ntransport = "smtp"\nhost = "mx"\n';
    expect(wrong(`${login}user = "u"`)).toContain('a `user` needs a `password_file`');
    expect(wrong(`${login}password_file = "x"`)).toContain('a password needs a `user`');
    expect(wrong(`${login}user = "u"\npassword_file = "x"\npassword_variable = "Y"`)).toContain('expected at most one');
  });
});

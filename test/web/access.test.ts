import { expect, test } from 'vitest';
import { type Access, type Credentials, denialOf } from '../../src/web/access.js';

const ASKED: Credentials = { host: 'localhost:8417', authorization: undefined, address: '127.0.0.1', user: undefined };
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test.each([
  ['localhost', undefined],
  ['localhost:8417', undefined],
  ['127.0.0.1:8417', undefined],
  ['[::1]:8417', undefined],
  ['evil.example:8417', 403],
  ['localhost.evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['', 403],
  [undefined, 403],
])(
  'without a password it answers to names of this machine only, against a page that gives its name our address: %s',
  (host, status) => {
    expect(denialOf({ kind: 'loopback' }, { ...ASKED, host })?.status).toBe(status);
  },
);

test.each([
  [undefined, 401],
  ['Bearer x', 401],
  ['Basic %%%', 401],
  [basic('me:wrong'), 401],
  [basic('me:säcret:more'), undefined],
  [basic(':säcret:more'), undefined],
  [basic('säcret:more'), 401],
])('a password under any name: %s', (authorization, status) => {
  const access: Access = { kind: 'password', password: 'säcret:more' };
  expect(denialOf(access, { ...ASKED, host: 'builds.example', authorization })?.status).toBe(status);
});

test.each([
  ['127.0.0.1', 'me', undefined],
  ['::ffff:127.0.0.1', 'me', undefined],
  ['127.0.0.1', undefined, 403],
  ['127.0.0.1', '', 403],
  ['10.0.0.9', 'me', 403],
  [undefined, 'me', 403],
])('a proxy at its address that names the reader: %s, %s', (address, user, status) => {
  const access: Access = { kind: 'proxy', address: '127.0.0.1', header: 'Remote-User' };
  expect(denialOf(access, { ...ASKED, host: 'builds.example', address, user })?.status).toBe(status);
});

test('a page elsewhere may not ask, in whatever way readers are known', () => {
  const ways: Access[] = [
    { kind: 'loopback' },
    { kind: 'password', password: 'x' },
    { kind: 'proxy', address: '127.0.0.1', header: 'Remote-User' },
  ];
  const known = { ...ASKED, authorization: basic('me:x'), user: 'me' };
  expect(ways.map((access) => denialOf(access, { ...known, site: 'cross-site' })?.status)).toEqual([403, 403, 403]);
  expect(ways.map((access) => denialOf(access, { ...known, site: 'same-origin' }))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

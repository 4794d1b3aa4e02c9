import { describe, expect, it } from 'vitest';
import { isAddress } from '../../src/config/address.js';

describe('a mail address', () => {
  it.each([
    'ann@example.org',
    'Ann.O+builds_1-x@sub.example.org',
    "o'brien@example.org",
    'root@localhost',
    'jürgen@bücher.example',
    '山田@例え.jp',
    // Hindi is written with marks that are no letters.
    'राम@हिन्दी.भारत',
    `${'x'.repeat(64)}@example.org`,
  ])('is %s', (text) => expect(isAddress(text)).toBe(true));

  it.each([
    '',
    'ann',
    '@example.org',
    'ann@',
    'ann@example..org',
    'ann@.org',
    'ann@a@b',
    'ann @example.org',
    'ann@example.org\r\nBcc: bob@example.org',
    'ann@example.org,bob@example.org',
    'Ann <ann@example.org>',
    '-oQ/tmp@example.org',
    '|sh@example.org',
    '"a b"@example.org',
    'ann@[127.0.0.1]',
    'a\u0000b@example.org',
    'a\u2028b@example.org',
    'a\u202eb@example.org',
    `${'x'.repeat(65)}@example.org`,
    `x@${'y.'.repeat(130)}org`,
  ])('is not %j', (text) => expect(isAddress(text)).toBe(false));
});

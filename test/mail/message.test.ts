import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { isAddress } from '../../src/config/address.js';
import { LETTER, type Letter, letterId, mailbox, senderOf } from '../../src/mail/letter.js';
import { messageOf } from '../../src/mail/message.js';
import { oneLine } from '../../src/mail/one-line.js';
import { htmlOf, tableOf, textOf } from '../../src/mail/prose.js';
import { letter } from './correspondence.js';

const parsed = async (sent: Letter) => await simpleParser(await messageOf(sent, 'ascii'));

/** The names of a mail's headers, the first line of each. */
async function headerNames(sent: Letter): Promise<string[]> {
  const [head = ''] = (await messageOf(sent, 'ascii')).toString('latin1').split('\r\n\r\n', 1);
  return head
    .split('\r\n')
    .filter((line) => !/^\s/.test(line))
    .map((line) => line.split(':', 1)[0] ?? '');
}

const HEADERS = [
  'Auto-Submitted',
  'Precedence',
  'X-Auto-Response-Suppress',
  'From',
  'To',
  'Subject',
  'Message-ID',
  'Date',
  'MIME-Version',
  'Content-Type',
];

describe('a letter on its way', () => {
  test('is the same to the byte each time, under a name that stays', async () => {
    const sent = letter('a.b-c_1');
    const message = await messageOf(sent, 'ascii');
    expect(message.equals(await messageOf(sent, 'ascii'))).toBe(true);
    expect(await parsed(sent)).toMatchObject({
      messageId: '<a.b-c_1@example.org>',
      date: new Date('2002-01-31T11:21:00Z'),
      subject: 'about a.b-c_1',
      text: 'text of a.b-c_1\n',
      html: '<p>text of a.b-c_1</p>\n',
    });
    expect(await headerNames(sent)).toEqual(HEADERS);
  });

  test('asks for no answer of a machine, says what it follows, and carries its marks', async () => {
    const { headers, inReplyTo, references } = await parsed(
      letter('b', { follows: 'a', marks: { Build: 'gcc ü', Kind: 'fixed' } }),
    );
    expect([inReplyTo, references]).toEqual(['<a@example.org>', '<a@example.org>']);
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(headers.get('precedence')).toBe('bulk');
    expect(headers.get('x-stagelock-build')).toBe('=?UTF-8?Q?gcc_=C3=BC?=');
  });

  test('keeps letters of the whole world', async () => {
    const names = ['Jürgen Größe', '山田太郎', 'Ελένη', 'ירון', '😀 Emoji', 'O"Brien, \\ (x) <y>', 'a'.repeat(90)];
    const text = `${names.join('\n')}\n.\nFrom here\n${'ü'.repeat(5000)}\n${'x'.repeat(5000)}\n`;
    const sent = letter('a', {
      to: names.map((name, index) => ({ name, address: `n${index}@example.org` })),
      subject: 'Über 山田太郎 und 😀, eine lange Zeile, die umgebrochen werden muss, damit sie in einen Kopf passt',
      text,
    });
    const mail = await parsed(sent);
    expect(mail.subject).toBe(sent.subject);
    expect(mail.text).toBe(text);
    expect([mail.to].flat().flatMap((each) => each?.value.map(({ name }) => name))).toEqual(names);
  });

  test('has no line longer than SMTP can carry, and nothing but ASCII', async () => {
    const long = `${'x'.repeat(100_000)}\n${'ü'.repeat(100_000)}\n`;
    const sent = letter('a', { subject: 'word '.repeat(30), text: long, html: htmlOf('t', [{ text: long }]) });
    const message = await messageOf(sent, 'ascii');
    expect(
      Math.max(
        ...message
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(998);
    expect(message.every((byte) => byte < 128 && byte !== 0)).toBe(true);
    expect((await simpleParser(message)).text).toBe(long);
  });
});

describe('what others have written', () => {
  const hostile = [
    'x\r\nBcc: all@example.org',
    'x\nSubject: other\n\nbody',
    '=?utf-8?q?x=0ABcc:_all@example.org?=',
    'x\u0000\u0085\u2028Bcc: y',
    '"<evil@example.org>, ',
    '\u202egnp.exe',
  ];

  test.each(hostile)('adds no header and no recipient: %j', async (text) => {
    const sent = letter('a', {
      to: [{ name: text, address: 'ann@example.org' }],
      subject: text,
      marks: { Build: text },
      follows: 'b',
    });
    const names = await headerNames(sent);
    expect(names.toSorted()).toEqual([...HEADERS, 'In-Reply-To', 'References', 'X-Stagelock-Build'].toSorted());
    const mail = await parsed(sent);
    expect([mail.to].flat().flatMap((each) => each?.value.map(({ address }) => address))).toEqual(['ann@example.org']);
    expect(mail.bcc).toBeUndefined();
    expect(mail.subject).not.toMatch(/\p{Cc}/u);
  });

  test('never does, whatever it is', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...hostile));
    await fc.assert(
      fc.asyncProperty(text, text, async (name, subject) => {
        const sent = letter('a', { to: [{ name, address: 'ann@example.org' }], subject: `s ${subject}` });
        expect(await headerNames(sent)).toEqual(HEADERS);
        const mail = await parsed(sent);
        expect(mail.to).toMatchObject({ value: [{ address: 'ann@example.org' }] });
      }),
      { numRuns: 150 },
    );
  });

  test('is one line, of a length that people read', () => {
    expect(oneLine(' a\r\n\tb\u0000c  d ')).toBe('a b c d');
    expect(oneLine('x'.repeat(300))).toHaveLength(200);
    expect(oneLine(`${'x'.repeat(198)}😀x`)).toBe(`${'x'.repeat(198)}\ufffd…`);
  });

  test('is no part of a page', () => {
    const html = htmlOf('<title>', [{ heading: '<h>', text: '<script>&"\'</script>' }]);
    expect(html).toContain("&lt;script&gt;&amp;&quot;'&lt;/script&gt;");
    expect(html).not.toMatch(/<script|<h>|<title><title>|https?:/);
  });
});

describe('who a mail is from', () => {
  test('is configured, or the user at this host', () => {
    expect(senderOf('a@example.org', 'joe', 'host').address).toBe('a@example.org');
    expect(senderOf(undefined, 'joe', 'host.example').address).toBe('joe@host.example');
    expect(senderOf(undefined, 'DOMAIN\\joe', 'host.example').address).toBe('stagelock@host.example');
    expect(senderOf(undefined, 'joe', 'no host').address).toBe('stagelock@localhost');
  });
});

describe('a letter that was read', () => {
  test('is one only when all of it is as it should be', () => {
    const good = letter('a', { follows: 'b', marks: { Build: 'x' } });
    expect(LETTER.check(JSON.parse(JSON.stringify(good)))).toBe(true);
    const bad: Record<string, unknown>[] = [
      { id: '../x' },
      { id: 'a b' },
      { id: 'x'.repeat(101) },
      { from: { address: 'a b@c' } },
      { to: 'ann@example.org' },
      { cc: [{ address: 'x\n@y' }] },
      { subject: 1 },
      { date: 'yesterday' },
      { follows: 'a\nb' },
      { marks: { 'X\r\nBcc': 'y' } },
    ];
    for (const each of bad) expect(LETTER.check({ ...good, ...each })).toBe(false);
  });

  test('has ids that no two things share', () => {
    expect(letterId('job', 'a', 'b')).toBe(letterId('job', 'a', 'b'));
    expect(letterId('job', 'a', 'b')).not.toBe(letterId('job', 'ab', ''));
    expect(letterId('broken', 'ü')).toMatch(/^broken\.[0-9a-f]{32}$/);
  });

  test('has no mailbox without an address', () => {
    expect(mailbox('ann@example.org', ' Ann\n')).toEqual({ name: 'Ann', address: 'ann@example.org' });
    expect(mailbox('ann', 'Ann')).toBeUndefined();
    for (const address of ['-oX@y.z', 'a@b, c@d', 'a@b\nc', '<a@b>', '|sh@x', 'a b@c'])
      expect(isAddress(address)).toBe(false);
  });
});

test('tables and passages read like a letter', () => {
  expect(
    tableOf([
      ['A', '1'],
      ['Long', '2'],
    ]),
  ).toBe('A:    1\nLong: 2\n');
  expect(textOf([{ text: 'one' }, { heading: 'Two:', text: 'two\n' }])).toBe('one\n\nTwo:\n\ntwo\n');
});

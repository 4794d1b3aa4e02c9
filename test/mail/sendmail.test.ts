import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transportOf } from '../../src/mail/chosen-transport.js';
import { type Letter, recipientsOf } from '../../src/mail/letter.js';
import { LIMITS } from '../../src/mail/transport.js';
import { letter, to } from './correspondence.js';

let directory: string;
let program: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-sendmail-'));
  program = join(directory, 'sendmail');
});

afterEach(() => rmSync(directory, { recursive: true }));

/** What stands in the place of a sendmail. It keeps each mail as `mail.RECIPIENT` and its arguments as `args.RECIPIENT`. */
function install(script: string): void {
  writeFileSync(program, `#!/bin/sh\nfor to; do :; done\n${script}\n`);
  chmodSync(program, 0o755);
}
const KEEP = `cat > "$DIR/mail.$to"; printf '%s\\n' "$@" > "$DIR/args.$to"`;

async function send(sent: Letter, { programMs = 10_000, signal = new AbortController().signal } = {}) {
  const environment = { PATH: process.env['PATH'], DIR: directory };
  const transport = await transportOf({ type: 'sendmail', program }, environment, { ...LIMITS, programMs });
  const { outcomes, stopped } = await transport.send(sent, recipientsOf(sent), signal);
  return { outcomes: Object.fromEntries(outcomes), stopped };
}

const three = letter('three', { to: to('ann@example.org', 'bob@example.org'), cc: to('eve@example.org') });
const kept = (): string[] => readdirSync(directory).filter((name) => name.startsWith('mail.'));

describe('a mail by sendmail', () => {
  test('is handed to the program once for each recipient, nothing of it as an option', async () => {
    install(KEEP);
    const sent = await send(three);
    expect(Object.values(sent.outcomes)).toEqual(Array(3).fill({ kind: 'delivered' }));
    expect(kept()).toEqual(['mail.ann@example.org', 'mail.bob@example.org', 'mail.eve@example.org']);
    expect(readFileSync(join(directory, 'args.bob@example.org'), 'utf8')).toBe(
      '-i\n-f\nbuilds@example.org\n--\nbob@example.org\n',
    );
    const raw = readFileSync(join(directory, 'mail.bob@example.org'));
    expect(raw.includes('\r')).toBe(false);
    expect(await simpleParser(raw)).toMatchObject({ messageId: '<three@example.org>', text: 'text of three\n' });
  });

  test('of several megabytes arrives whole, a line with a single dot in it too', async () => {
    install(KEEP);
    const text = `.\n${'a long line of a log, as there are many of them in one\n'.repeat(60_000)}.\nend\n`;
    expect(await send(letter('large', { text }))).toMatchObject({
      outcomes: { 'ann@example.org': { kind: 'delivered' } },
    });
    expect((await simpleParser(readFileSync(join(directory, 'mail.ann@example.org')))).text).toBe(text);
  });

  test.each([
    [67, 'permanent'],
    [75, 'temporary'],
    [1, 'temporary'],
    [65, 'temporary'],
    [68, 'temporary'],
    [69, 'temporary'],
  ])('that is refused to one is sent to the others: exit code %i is %s', async (code, kind) => {
    install(`case "$to" in bob*) echo "no bob" >&2; exit ${code};; esac\n${KEEP}`);
    expect((await send(three)).outcomes).toEqual({
      'ann@example.org': { kind: 'delivered' },
      'bob@example.org': { kind, why: `exit code ${code}: no bob` },
      'eve@example.org': { kind: 'delivered' },
    });
  });

  test.each([64, 77, 78, 127])('is kept when it is the machine that is not set up: exit code %i', async (code) => {
    install(`exit ${code}`);
    expect(await send(three)).toEqual({ outcomes: {}, stopped: { kind: 'unavailable', why: `exit code ${code}` } });
  });

  test('is kept when there is no such program, or none that can be started', async () => {
    expect((await send(three)).stopped).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('ENOENT') });
    writeFileSync(program, 'not a program');
    expect((await send(three)).stopped).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('EACCES') });
  });

  test('is put off when the program dies, or ends well without reading it', async () => {
    install('kill -KILL $$');
    expect((await send(letter('a'))).outcomes).toMatchObject({
      'ann@example.org': { kind: 'temporary', why: 'ended by SIGKILL' },
    });
    install('exit 0');
    expect((await send(letter('a', { text: 'x'.repeat(300_000) }))).outcomes).toMatchObject({
      'ann@example.org': { kind: 'temporary', why: 'ended without having read the mail' },
    });
  });

  test('does not wait for a program that hangs: it is ended, with what it has started', async () => {
    install(`sleep 600 & echo $! > "$DIR/child"; wait`);
    const sent = await send(three, { programMs: 300 });
    expect(sent).toEqual({ outcomes: {}, stopped: { kind: 'hanging', why: 'did not end in time and was ended' } });
    const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
    expect(existsSync(`/proc/${child}/fd`) && readFileSync(`/proc/${child}/stat`, 'utf8').split(' ')[2] !== 'Z').toBe(
      false,
    );
  });

  test('does not wait for what the program leaves running', async () => {
    install(`${KEEP}\nsleep 5 &`);
    const begun = Date.now();
    expect((await send(letter('a'))).outcomes).toEqual({ 'ann@example.org': { kind: 'delivered' } });
    expect(Date.now() - begun).toBeLessThan(3000);
  });

  test('is not sent by one who is told to stop', async () => {
    install('sleep 600');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    expect(await send(three, { signal: stop.signal })).toEqual({ outcomes: {}, stopped: { kind: 'aborted' } });
    expect(await send(three, { signal: stop.signal })).toEqual({ outcomes: {}, stopped: { kind: 'aborted' } });
  });
});

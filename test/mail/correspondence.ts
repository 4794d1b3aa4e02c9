import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mail, SmtpTransport } from '../../src/config/project.js';
import type { Letter } from '../../src/mail/letter.js';

/** A letter as tests need one. */
export function letter(id: string, more: Partial<Letter> = {}): Letter {
  return {
    id,
    from: { name: 'stagelock', address: 'builds@example.org' },
    to: [{ address: 'ann@example.org' }],
    cc: [],
    subject: `about ${id}`,
    text: `text of ${id}\n`,
    html: `<p>text of ${id}</p>\n`,
    date: '2002-01-31T11:21:00.000Z',
    ...more,
  };
}

export const to = (...addresses: string[]): { address: string }[] => addresses.map((address) => ({ address }));

export function smtp(port: number, more: Partial<SmtpTransport> = {}): SmtpTransport {
  return { type: 'smtp', host: '127.0.0.1', port, security: 'none', login: undefined, caFile: undefined, ...more };
}

export function mailBy(transport: Mail['transport'], more: Partial<Mail> = {}): Mail {
  const nobody = { to: [], monitors: [], authors: false, authorDomain: undefined };
  return { transport, from: 'builds@example.org', ...nobody, collectMs: 0, keepMs: 5 * 86_400_000, ...more };
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** Its file. */
  readonly file: string;
}

/** A certificate for the loopback that nobody knows; undefined where there is no openssl. */
export function certificate(directory: string): Certificate | undefined {
  const [key, file] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file, ...subject];
  if (spawnSync('openssl', make).status !== 0) return undefined;
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}

import { resolve } from 'node:path';
import { DEFAULTS } from './defaults.js';
import { milliseconds } from './duration.js';
import type { KeyPath } from './problem.js';
import type { Mail, SecretSource } from './project.js';
import type { MailTable } from './schema.js';

const SMTP_ONLY = [
  'host',
  'port',
  'security',
  'user',
  'password_file',
  'password_variable',
  'allow_insecure',
  'ca_file',
] as const;
const PORTS = { tls: 465, starttls: 587, none: 25 } as const;

/** What a resolution of `[mail]` needs from outside. */
interface Surroundings {
  /** The directory of the file, for relative paths. */
  readonly base: string;
  readonly report: (path: KeyPath, message: string) => void;
  /** Says that something is missing, unless it is there and was wrong. */
  readonly missing: (path: KeyPath, message: string) => void;
  /** What commands do not find in their environment. */
  readonly secretVariables: ReadonlySet<string>;
}

/** How mails are sent, and to whom; undefined without `[mail]`. */
export function resolveMail(
  table: MailTable | undefined,
  { base, report, missing, secretVariables }: Surroundings,
): Mail | undefined {
  if (table === undefined) return undefined;
  const type = table.transport ?? DEFAULTS.mailTransport;
  const to = table.to ?? [];
  const monitors = table.monitors ?? [];
  if (to.length === 0 && monitors.length === 0 && table.authors !== true) {
    missing(['mail', 'to'], 'mail has no recipients: name the maintainers in `to`, or set `authors` or `monitors`');
  }
  const common = {
    from: table.from,
    to,
    monitors,
    authors: table.authors ?? false,
    authorDomain: table.author_domain,
    collectMs: milliseconds(table.collect ?? DEFAULTS.mailCollect),
    keepMs: milliseconds(table.keep ?? DEFAULTS.mailKeep),
  };
  if (type === 'sendmail') {
    for (const key of SMTP_ONLY) {
      if (table[key] !== undefined)
        report(['mail', key], `mails by sendmail have no \`${key}\`; set transport = "smtp"`);
    }
    const program = resolve(base, table.sendmail ?? DEFAULTS.sendmail);
    return { ...common, transport: { type, program, ...(secretVariables.size > 0 && { secretVariables }) } };
  }
  if (table.sendmail !== undefined) report(['mail', 'sendmail'], 'mails by smtp have no `sendmail`');
  if (table.host === undefined) missing(['mail', 'host'], 'mails by smtp need the `host` of the server');
  if (table.password_file !== undefined && table.password_variable !== undefined) {
    report(
      ['mail', 'password_variable'],
      'found both `password_file` and `password_variable`, expected at most one of them',
    );
  }
  const security = table.security ?? DEFAULTS.mailSecurity;
  const password = passwordOf(table, base);
  if (table.user !== undefined && password === undefined) {
    missing(['mail', 'password_file'], 'a `user` needs a `password_file` or a `password_variable`');
  }
  if (table.user === undefined && password !== undefined) missing(['mail', 'user'], 'a password needs a `user`');
  return {
    ...common,
    transport: {
      type,
      host: table.host ?? '',
      port: table.port ?? PORTS[security],
      security,
      login: table.user === undefined || password === undefined ? undefined : { user: table.user, password },
      ...(table.allow_insecure === true && { allowInsecure: true }),
      caFile: table.ca_file === undefined ? undefined : resolve(base, table.ca_file),
    },
  };
}

function passwordOf(table: MailTable, base: string): SecretSource | undefined {
  if (table.password_variable !== undefined) return { kind: 'variable', name: table.password_variable };
  if (table.password_file !== undefined) return { kind: 'file', path: resolve(base, table.password_file) };
  return undefined;
}

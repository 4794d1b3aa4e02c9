import type { Mail } from '../config/project.js';
import type { Change, MergedUpdate } from '../updates/record.js';
import { distinct, type Mailbox, mailbox, mailboxes } from './letter.js';

/** Who is told that a build is broken. */
export interface Addressees {
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  /** How many authors are left out since they are too many; 0 when they are not. */
  readonly tooMany: number;
}

/** A merge of a year's work must not mail every author in it: none of them has broken anything today. */
const MOST_AUTHORS = 20;

/** The authors of an update, and the monitors for a copy; the monitors alone when there are no authors to be told. */
export function addresseesOf(update: MergedUpdate | undefined, mail: Mail): Addressees {
  const monitors = mailboxes(mail.monitors);
  const authors = mail.authors ? authorsOf(update?.changes ?? [], mail.authorDomain) : [];
  if (authors.length > MOST_AUTHORS) return { to: monitors, cc: [], tooMany: authors.length };
  if (authors.length === 0) return { to: monitors, cc: [], tooMany: 0 };
  return { to: authors, cc: without(monitors, authors), tooMany: 0 };
}

/** Those of `all` who are not among `others`. */
export function without(all: readonly Mailbox[], others: readonly Mailbox[]): Mailbox[] {
  return distinct([...others, ...all]).slice(distinct(others).length);
}

/** The people who wrote the changes, each once, as far as a mail can reach them. */
export function authorsOf(changes: readonly Change[], domain: string | undefined): Mailbox[] {
  return distinct(changes.flatMap((change) => authorOf(change, domain) ?? []));
}

function authorOf({ author, email }: Change, domain: string | undefined): Mailbox | undefined {
  const written = email.trim();
  const [local = '', host = ''] = written.split('@');
  // git svn makes an address of a login and the UUID of the repository.
  const isLogin = host === '' || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(host);
  if (!isLogin) return isMachine(written) ? undefined : mailbox(written, author);
  const login = local === '' ? author.trim() : local;
  if (domain === undefined || login === '') return undefined;
  const address = `${login}@${domain}`;
  return isMachine(address) ? undefined : mailbox(address, author === login ? '' : author);
}

/** Robots, and addresses that say themselves that they are not read. */
function isMachine(address: string): boolean {
  return /\[bot\]|^(?:[^@]*[+._-])?(?:no|do-?not)[._-]?reply[@+._-]|^(?:mailer-daemon|nobody)@|@(?:[^@]*\.)?no-?reply\./i.test(
    address,
  );
}

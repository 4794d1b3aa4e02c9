// Reads what the sendmail of the night has stored: one file for each recipient of a mail.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';

export class Mailbox {
  #directory;
  #seen = new Set();
  #epoch;

  constructor({ sent }, clock) {
    this.#directory = sent;
    this.#epoch = Date.now() / 1000 - clock.now();
  }

  /**
   * The mails that came since the last time, in the order of their coming:
   * {id, at, recipients, kind, build, from, to, cc, subject, follows, text}; the people in it are {name, address}.
   */
  async collect() {
    const names = readdirSync(this.#directory).filter((name) => name.endsWith('.mail') && !this.#seen.has(name));
    const mails = new Map();
    for (const { name, at } of names.map((name) => this.#stamped(name)).sort((a, b) => a.at - b.at)) {
      this.#seen.add(name);
      const stored = readFileSync(join(this.#directory, name));
      const [, recipient] = / -- (.*)$/.exec(stored.subarray(0, stored.indexOf('\n')).toString()) ?? [];
      const parsed = await simpleParser(stored.subarray(stored.indexOf('\n') + 1));
      const mail = mails.get(parsed.messageId) ?? { ...contentOf(parsed), at, recipients: [] };
      mail.recipients.push(recipient);
      mails.set(mail.id, mail);
    }
    return [...mails.values()];
  }

  #stamped(name) {
    return { name, at: statSync(join(this.#directory, name)).mtimeMs / 1000 - this.#epoch };
  }
}

function contentOf(parsed) {
  return {
    id: parsed.messageId,
    kind: parsed.headers.get('x-stagelock-kind'),
    build: parsed.headers.get('x-stagelock-build'),
    from: peopleOf(parsed.from),
    to: peopleOf(parsed.to),
    cc: peopleOf(parsed.cc),
    subject: parsed.subject,
    follows: parsed.inReplyTo,
    text: parsed.text,
  };
}

function peopleOf(header) {
  return (header?.value ?? []).map(({ name, address }) => ({ name, address }));
}

// Prints the evening: as it goes on, and then its mails, and what plain cron would have sent.
import { Report } from '../report.mjs';
import { isToAuthors } from './claims.mjs';

export class NightReport extends Report {
  /** @param at of the story; `seconds` is the real time */
  happened(at, seconds, who, text) {
    return `${at}${this.live(seconds, who, text)}`;
  }

  mail(mail, number) {
    const { scene, at, recipients, from, to, cc, subject, text } = mail;
    const head = [
      ['envelope', recipients.join(', ')],
      ['From', listed(from)],
      ['To', listed(to)],
      ...(cc.length === 0 ? [] : [['Cc', listed(cc)]]),
      ['Subject', subject],
    ];
    return [
      this.heading(`MAIL ${number}, ${scene} (${at.toFixed(1)} s)`).trimEnd(),
      ...head.map(([name, value]) => `  ${`${name}:`.padEnd(10)}${value}`),
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `  | ${line}`.trimEnd()),
    ].join('\n');
  }

  /** How many mails, at each time of the story. */
  comparison({ scenes }) {
    const rows = scenes.map(({ at, title, plain, mails }) => ({
      label: `${at}  ${title}`,
      plain: plain.length,
      maintainers: mails.filter((mail) => !isToAuthors(mail)).length,
      authors: mails.filter(isToAuthors).length,
    }));
    const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
    const names = ['plain', 'maintainers', 'authors'];
    const all = { label: 'in all', ...Object.fromEntries(names.map((name) => [name, sum(name)])) };
    const line = (label, cells) => `${label.padEnd(50)}${cells.map((cell) => String(cell).padStart(13)).join('')}`;
    return [
      line('', ['before:', 'after: to', 'after: to']),
      line('', ['plain cron', 'maintainers', 'the author']),
      ...[...rows, all].map((row) =>
        line(
          row.label,
          names.map((name) => row[name] || '-'),
        ),
      ),
      '',
      'Plain cron mails each run that writes to stderr, to the maintainers. What the runs that were refused would have written,',
      'a second run of the same line has told, with --every-warning and without --mail; of the others it stands in their mails.',
      'A line that something is over would not have come: who tells everything each time has no need for it.',
    ].join('\n');
  }
}

function listed(people) {
  return people.map(({ name, address }) => (name === '' ? address : `${name} <${address}>`)).join(', ');
}

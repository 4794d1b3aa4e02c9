import * as z from 'zod/mini';
import { isAddress } from '../address.js';
import { DEFAULTS } from '../defaults.js';
import { choice, duration, flag, line, path, variable, whole } from './values.js';

const address = () => z.string('an address').check(z.refine(isAddress, 'an address such as "name@example.org"'));

const addresses = (description: string, example: readonly string[]) =>
  z.array(address(), 'a list of addresses').check(z.meta({ description, examples: [example] }));

/** `[mail]`. */
export const mailShape = {
  transport: z.optional(
    choice(
      ['sendmail', 'smtp'],
      DEFAULTS.mailTransport,
      '`sendmail` passes mails to the sendmail program of this machine; `smtp` sends them to a server.',
    ),
  ),
  from: z.optional(
    address().check(
      z.meta({
        description: 'The sender of the mails. Default: the user at this host.',
        examples: ['builds@example.org'],
      }),
    ),
  ),
  to: z.optional(addresses('The maintainers. They get what cron would have mailed.', ['team@example.org'])),
  authors: z.optional(
    flag('Whether to mail the authors whose updates a broken run built, and again when the build is repaired.', false),
  ),
  author_domain: z.optional(
    line(
      'The mail domain of authors whom the version control system knows only by their login.',
      'a domain',
      'example.org',
    ).check(z.refine((text) => /^[A-Za-z0-9.-]+$/.test(text), 'a domain such as "example.org"')),
  ),
  monitors: z.optional(
    addresses('Recipients of a copy of each mail to authors, also when a broken run has no author.', [
      'builds@example.org',
    ]),
  ),
  sendmail: z.optional(path('sendmail only: the program.', '/usr/lib/sendmail', DEFAULTS.sendmail)),
  host: z.optional(line('smtp only: the server.', 'a host name', 'smtp.example.org')),
  port: z.optional(
    whole(
      'smtp only: the port. Default: 465 with `security = "tls"`, 587 with "starttls", 25 with "none".',
      [1, 65_535],
      'a port',
      2525,
    ),
  ),
  security: z.optional(
    choice(
      ['starttls', 'tls', 'none'],
      DEFAULTS.mailSecurity,
      'smtp only: `starttls` and `tls` refuse a server without encryption or with a certificate that cannot be verified.',
    ),
  ),
  user: z.optional(line('smtp only: the login name.', 'a name', 'builds')),
  password_file: z.optional(
    path('smtp only: a file that contains the password, readable by its owner only.', 'secrets/smtp-password'),
  ),
  password_variable: z.optional(
    variable('smtp only: the environment variable that contains the password.', 'SMTP_PASSWORD'),
  ),
  allow_insecure: z.optional(
    flag(
      'smtp only: whether `security = "none"` may send the password to another host, readable by everyone on the way.',
      false,
    ),
  ),
  ca_file: z.optional(
    path(
      'smtp only: a PEM file with the certificate authorities to trust, instead of those built into Node.',
      'example-ca.pem',
    ),
  ),
  collect: z.optional(
    duration(
      'Builds of one source that break by the same commit are one mail to its author: how long a mail waits for the other builds. `0 s` sends each at once.',
      '10 min',
      DEFAULTS.mailCollect,
      'zero',
    ),
  ),
  keep: z.optional(duration('How long to retry a mail that cannot be delivered.', '2 d', DEFAULTS.mailKeep)),
};

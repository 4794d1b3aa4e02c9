import * as z from 'zod/mini';
import { isAddress } from '../address.js';
import { DEFAULTS } from '../defaults.js';
import { choice, duration, line, path } from './values.js';

const address = (description: string) =>
  z.string('an address').check(z.refine(isAddress, 'an address such as "name@example.org"'), z.meta({ description }));

const addresses = (description: string) =>
  z
    .array(
      z.string('an address').check(z.refine(isAddress, 'an address such as "name@example.org"')),
      'a list of addresses',
    )
    .check(z.meta({ description }));

/** `[mail]`. */
export const mailShape = {
  transport: z.optional(
    choice(
      ['sendmail', 'smtp'],
      DEFAULTS.mailTransport,
      'sendmail hands mails to the program of that name on this machine; smtp sends them to a server.',
    ),
  ),
  from: z.optional(address('The sender of the mails. Default: the user at this host.')),
  to: z.optional(addresses('The maintainers: they get what cron would have mailed.')),
  authors: z.optional(
    z.boolean('true or false').check(
      z.meta({
        description:
          'Whether the authors of the updates that a broken run built get a mail, and another one when it works again.',
        default: false,
      }),
    ),
  ),
  author_domain: z.optional(
    line('The mail domain of authors whom the version control system knows only by their login.', 'a domain').check(
      z.refine((text) => /^[A-Za-z0-9.-]+$/.test(text), 'a domain such as "example.org"'),
    ),
  ),
  monitors: z.optional(
    addresses('Recipients of a copy of the mails to the authors; the only recipients when there are no authors.'),
  ),
  sendmail: z.optional(path('sendmail only: the program.')),
  host: z.optional(line('smtp only: the server.', 'a host name')),
  port: z.optional(
    z.int('a port').check(
      z.refine((port) => port > 0 && port < 65536, 'a port from 1 to 65535'),
      z.meta({ description: 'smtp only: its port. Default: 465 with security = "tls", 587 with "starttls", else 25.' }),
    ),
  ),
  security: z.optional(
    choice(
      ['starttls', 'tls', 'none'],
      DEFAULTS.mailSecurity,
      'smtp only: starttls and tls refuse a server that offers no encryption or cannot prove who it is.',
    ),
  ),
  user: z.optional(line('smtp only: the name to authenticate with.', 'a name')),
  password_file: z.optional(path('smtp only: a file with the password. Only its owner should be able to read it.')),
  password_variable: z.optional(
    z
      .string('the name of an environment variable')
      .check(
        z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'),
        z.meta({ description: 'smtp only: the environment variable that has the password.' }),
      ),
  ),
  allow_insecure: z.optional(
    z.boolean('true or false').check(
      z.meta({
        description:
          'smtp only: whether the password may be sent with security = "none" to another host than this one, where anyone on the network path can read it.',
        default: false,
      }),
    ),
  ),
  ca_file: z.optional(path('smtp only: certificates (PEM) of authorities to trust, instead of those that Node knows.')),
  keep: z.optional(duration('How long the delivery of a mail is retried.', DEFAULTS.mailKeep)),
};

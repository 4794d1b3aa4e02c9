import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { nightlyStartOf } from '../nightly-start.js';
import { choice, duration, line } from './values.js';

/** `[project]`. */
export const projectShape = {
  name: z.optional(line('The name of the project in reports and mails.', 'a name', 'demo')),
  site: z.optional(line('The name of this machine in reports. Default: the host name.', 'a name', 'buildhost')),
  nightly_start: z.optional(
    z.string('a time of day such as "21:00:00 UTC"').check(
      z.refine(
        (text) => nightlyStartOf(text).kind !== 'unreadable',
        'a time of day such as "21:00:00 UTC", "21:00 EST", "21:00:00 -0500" or "21:00 Europe/Berlin"',
      ),
      z.meta({
        description:
          "When the day of Nightly builds begins, as CTest's NightlyStartTime. A time with an IANA zone follows summer time.",
        default: DEFAULTS.nightlyStart,
        examples: ['21:00 Europe/Berlin'],
      }),
    ),
  ),
  mailto: z.optional(
    line(
      'Who gets the mails of cron: the MAILTO of the lines that `stagelock crontab` writes. Default: the user.',
      'an address',
      'team@example.org',
    ).check(z.refine((text) => !/[\s'"%]/.test(text), 'an address without blanks or quotes')),
  ),
  strategy: z.optional(
    choice(
      ['auto', 'lockdir', 'cifs', 'flock', 'fcntl'],
      DEFAULTS.strategy,
      'The locking strategy. `auto` chooses by the file system. Set `lockdir`, which works on all of them, when the server ' +
        'of a network file system and its clients build in one directory.',
    ),
  ),
  keep_updates: z.optional(
    z.number('a number of days').check(
      z.refine((days) => days > 0, 'a number of days, more than 0'),
      z.meta({
        description: 'The minimum number of days that an update stays in the journal after every build has built it.',
        default: DEFAULTS.keepUpdates,
        examples: [90],
      }),
    ),
  ),
  lock_timeout: z.optional(
    duration('How long a single step may wait for the critical section of a directory.', '5 min', DEFAULTS.lockTimeout),
  ),
};

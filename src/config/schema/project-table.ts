import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { nightlyStartOf } from '../nightly-start.js';
import { choice, duration, line } from './values.js';

/** `[project]`. */
export const projectShape = {
  name: z.optional(line('The name of the project, as reports show it.', 'a name')),
  site: z.optional(line('The name of this machine in reports. Default: the host name.', 'a name')),
  nightly_start: z.optional(
    z.string('a time of day such as "21:00:00 UTC"').check(
      z.refine(
        (text) => nightlyStartOf(text).kind !== 'unreadable',
        'a time of day such as "21:00:00 UTC", "21:00 EST", "21:00:00 -0500" or "21:00 Europe/Berlin"',
      ),
      z.meta({
        description:
          "When the day of Nightly builds begins: CTest's NightlyStartTime, or a time with the IANA name of a zone, " +
          'which then follows summer time.',
        default: DEFAULTS.nightlyStart,
      }),
    ),
  ),
  mailto: z.optional(
    line('Who gets the mails of cron, as MAILTO of a crontab has it. Default: the user.', 'an address').check(
      z.refine((text) => !/[\s'"%]/.test(text), 'an address without blanks or quotes'),
    ),
  ),
  strategy: z.optional(
    choice(
      ['auto', 'lockdir', 'cifs', 'flock', 'fcntl'],
      DEFAULTS.strategy,
      'How locks in one directory are acquired; auto chooses by its file system. Set lockdir, which works from ' +
        'everywhere, when the server of a network file system and its clients build in one directory.',
    ),
  ),
  keep_updates: z.optional(
    z.number('a number of days').check(
      z.refine((days) => days > 0, 'a number of days, more than 0'),
      z.meta({
        description: 'How many days an update stays in the journal at least, even when every build has built it.',
        default: DEFAULTS.keepUpdates,
      }),
    ),
  ),
  lock_timeout: z.optional(
    duration('How long one step may wait for its short critical section in a directory.', DEFAULTS.lockTimeout),
  ),
};

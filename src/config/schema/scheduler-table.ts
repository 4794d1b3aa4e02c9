import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { isTimeZone } from '../time-zone.js';
import { duration, path, whole } from './values.js';

/** `[scheduler]`. */
export const schedulerShape = {
  time_zone: z.optional(
    z.string('a time zone').check(
      z.refine(isTimeZone, 'a time zone such as "Europe/Berlin" or "UTC"'),
      z.meta({
        description:
          'The time zone of schedules for `stagelock schedule` and `stagelock systemd`. Default: that of the machine.',
        examples: ['Europe/Berlin'],
      }),
    ),
  ),
  random_delay: z.optional(
    duration(
      'The maximum of a random delay that is added to each scheduled time.',
      '30 s',
      DEFAULTS.randomDelay,
      'zero',
    ),
  ),
  state: z.optional(
    path(
      'The state directory of the schedulers. Hosts that share a schedule need it on a shared file system. Default: the path of this file with `.state` instead of `.toml`.',
      'state',
    ),
  ),
  max_runs: z.optional(
    whole(
      'The maximum number of simultaneous runs of a `stagelock schedule` on each host; further runs queue. Default: twice the number of processors, at least 4.',
      [1, 100_000],
      'a whole number',
      8,
    ),
  ),
  stop_limit: z.optional(
    duration(
      'How long a stopping scheduler waits for its runs before it ends them.',
      '1 min',
      DEFAULTS.stopLimit,
      'zero',
    ),
  ),
};

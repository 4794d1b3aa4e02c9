import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { isTimeZone } from '../time-zone.js';
import { duration, path } from './values.js';

/** `[scheduler]`. */
export const schedulerShape = {
  time_zone: z.optional(
    z.string('a time zone').check(
      z.refine(isTimeZone, 'a time zone such as "Europe/Berlin" or "UTC"'),
      z.meta({
        description:
          'The time zone of schedules in `stagelock schedule` and `stagelock systemd`. Default: that of the machine.',
      }),
    ),
  ),
  random_delay: z.optional(
    duration('Each firing is delayed by a random time of at most this.', DEFAULTS.randomDelay, 'zero'),
  ),
  state: z.optional(
    path(
      'The directory of the schedulers: who runs which firing, their logs. On a shared file system if several hosts run one. Default: that of this file with .state in place of .toml.',
    ),
  ),
  max_runs: z.optional(
    z.int('a whole number').check(
      z.refine((count) => count >= 1 && count <= 100_000, 'a whole number from 1 to 100000'),
      z.meta({
        description:
          'How many runs of `stagelock schedule` may be in progress at once on each host; others wait for a free slot. Default: twice the number of processors, at least 4.',
      }),
    ),
  ),
  stop_limit: z.optional(
    duration(
      'How long a scheduler that was asked to stop waits for builds before it ends them.',
      DEFAULTS.stopLimit,
      'zero',
    ),
  ),
};

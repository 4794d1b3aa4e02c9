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
          'In which `stagelock schedule` and `stagelock systemd` read schedules. Default: that of the machine.',
      }),
    ),
  ),
  random_delay: z.optional(
    duration('Each firing comes so much later at most, by chance.', DEFAULTS.randomDelay, 'zero'),
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
          'So many runs of a `stagelock schedule` go on at once at most, on each host; the others wait for a free place. Default: twice the number of processors, at least 4.',
      }),
    ),
  ),
  stop_limit: z.optional(
    duration(
      'How long a scheduler that is told to stop lets builds go on before it ends them.',
      DEFAULTS.stopLimit,
      'zero',
    ),
  ),
};

import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { choice, duration, line, path } from './values.js';

/** `[builds.NAME.submit]`. */
export const submitShape = {
  type: z.optional(
    choice(
      ['cdash', 'directory'],
      DEFAULTS.submitType,
      'cdash sends the reports to a CDash server by HTTP, as CTest does; directory copies them into a drop box.',
    ),
  ),
  url: z.optional(
    line('cdash only: where CDash takes submissions.', 'a URL').check(
      z.refine(isHttpUrl, 'a URL such as "https://cdash.example.org/submit.php?project=NAME"'),
    ),
  ),
  token_file: z.optional(
    path('cdash only: a file with the authentication token. Only its owner should be able to read it.'),
  ),
  token_variable: z.optional(
    z
      .string('the name of an environment variable')
      .check(
        z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable'),
        z.meta({ description: 'cdash only: the environment variable that has the authentication token.' }),
      ),
  ),
  allow_insecure: z.optional(
    z.boolean('true or false').check(
      z.meta({
        description:
          'cdash only: whether the token may be sent by plain http to another host than this one, where anyone on the network path can read it.',
        default: false,
      }),
    ),
  ),
  ca_file: z.optional(
    path('cdash only: certificates (PEM) of authorities to trust, instead of those that Node knows.'),
  ),
  directory: z.optional(path('directory only: the drop box. It must exist.')),
  timeout: z.optional(duration('cdash only: how long the server may stay silent.', DEFAULTS.submitTimeout)),
  retries: z.optional(
    z.int('a whole number').check(
      z.refine((count) => count >= 0 && count <= 100, 'a whole number from 0 to 100'),
      z.meta({
        description: 'How often one run retries; later runs deliver the rest.',
        default: DEFAULTS.submitRetries,
      }),
    ),
  ),
  retry_delay: z.optional(
    duration('The time before the first new attempt; it doubles with each.', DEFAULTS.submitRetryDelay, 'zero'),
  ),
  keep: z.optional(
    duration('How long reports that cannot be delivered are kept in Testing/Spool.', DEFAULTS.submitKeep),
  ),
  spool_size: z.optional(
    z.number('a number of megabytes').check(
      z.refine((size) => size > 0, 'a number of megabytes, more than 0'),
      z.meta({
        description: 'How many megabytes of reports are kept in Testing/Spool; beyond that the oldest are removed.',
        default: DEFAULTS.submitSpoolSize,
      }),
    ),
  ),
  enabled: z.optional(
    z
      .boolean('true or false')
      .check(
        z.meta({ description: 'false sends nothing, for a build that [defaults] would have submit.', default: true }),
      ),
  ),
};

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/[^/?#]/.test(text);
}

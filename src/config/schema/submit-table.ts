import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { choice, duration, flag, line, path, variable } from './values.js';

/** `[builds.NAME.submit]`. */
export const submitShape = {
  type: z.optional(
    choice(
      ['cdash', 'directory'],
      DEFAULTS.submitType,
      '`cdash` uploads reports to a CDash server, as CTest does; `directory` copies them into a drop box.',
    ),
  ),
  url: z.optional(
    line(
      'cdash only: the submission URL of the project.',
      'a URL',
      'https://cdash.example.org/submit.php?project=demo',
    ).check(z.refine(isHttpUrl, 'a URL such as "https://cdash.example.org/submit.php?project=NAME"')),
  ),
  token_file: z.optional(
    path(
      'cdash only: a file that contains the authentication token, readable by its owner only.',
      'secrets/cdash-token',
    ),
  ),
  token_variable: z.optional(
    variable('cdash only: the environment variable that contains the authentication token.', 'CDASH_TOKEN'),
  ),
  allow_insecure: z.optional(
    flag('cdash only: whether plain http may carry the token to another host, readable by everyone on the way.', false),
  ),
  ca_file: z.optional(
    path(
      'cdash only: a PEM file with the certificate authorities to trust, instead of those built into Node.',
      'example-ca.pem',
    ),
  ),
  directory: z.optional(path('directory only: the drop box. It must exist.', '/srv/dropbox')),
  timeout: z.optional(duration('cdash only: how long the server may stay silent.', '30 s', DEFAULTS.submitTimeout)),
  retries: z.optional(
    z.int('a whole number').check(
      z.refine((count) => count >= 0 && count <= 100, 'a whole number from 0 to 100'),
      z.meta({
        description: 'How often one run retries a delivery. Later runs continue with what is left.',
        default: DEFAULTS.submitRetries,
        examples: [0],
      }),
    ),
  ),
  retry_delay: z.optional(
    duration(
      'The delay before the first retry. It doubles with each further one.',
      '20 s',
      DEFAULTS.submitRetryDelay,
      'zero',
    ),
  ),
  keep: z.optional(
    duration('How long `Testing/Spool` keeps reports that cannot be delivered.', '3 d', DEFAULTS.submitKeep),
  ),
  spool_size: z.optional(
    z.number('a number of megabytes').check(
      z.refine((size) => size > 0, 'a number of megabytes, more than 0'),
      z.meta({
        description: 'The maximum size of `Testing/Spool` in megabytes. Beyond it, the oldest reports are discarded.',
        default: DEFAULTS.submitSpoolSize,
        examples: [50],
      }),
    ),
  ),
  enabled: z.optional(flag('`false` sends nothing, for a build that would inherit this table from [defaults].', true)),
};

/** Whether a text is an absolute URL of http or https with a host. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/[^/?#]/.test(text);
}

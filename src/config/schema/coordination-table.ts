import * as z from 'zod/mini';
import { A_PREFIX, isPrefix, LEASE_MS, REQUEST_MS } from '../coordination-limits.js';
import { DEFAULTS } from '../defaults.js';
import { parseDuration } from '../duration.js';
import { isHttpUrl } from './submit-table.js';
import { choice, duration, flag, line, path, variable } from './values.js';

const MOST_MEMBERS = 9;
const MEMBER = 'a URL of a member such as "https://etcd1.example.org:2379"';

const within = (least: number, most: number, words: string) =>
  z.refine<number | string>((value) => {
    const ms = parseDuration(value);
    // What is no duration at all has its message.
    return ms === undefined || (ms >= least && ms <= most);
  }, words);

/** `[coordination]`. Made when it is wanted: most configurations have none, and each schema costs every run its time. */
export const coordinationShape = () => ({
  etcd: z.optional(
    z.array(z.string(MEMBER).check(z.refine(isHttpUrl, MEMBER)), 'a list of URLs').check(
      z.refine(
        (urls) => urls.length >= 1 && urls.length <= MOST_MEMBERS,
        `a list of 1 to ${MOST_MEMBERS} URLs, those of the members of one cluster`,
      ),
      z.meta({
        description:
          'The members of a cluster of etcd 3.4 or later, by which hosts coordinate that share nothing but a network. The same on each host.',
        minItems: 1,
        maxItems: MOST_MEMBERS,
        examples: [['https://etcd1.example.org:2379', 'https://etcd2.example.org:2379']],
      }),
    ),
  ),
  prefix: z.optional(
    line(
      'What the keys of this project begin with. The same on each host. Default: `/stagelock/` and the name of the project.',
      'a prefix of keys',
      '/stagelock/example',
    ).check(z.refine(isPrefix, A_PREFIX)),
  ),
  ca_file: z.optional(
    path(
      'A PEM file with the certificate authorities to trust, instead of those built into Node.',
      'secrets/etcd-ca.pem',
    ),
  ),
  cert_file: z.optional(
    path('A PEM file with the certificate by which etcd knows this host. Needs `key_file`.', 'secrets/etcd-cert.pem'),
  ),
  key_file: z.optional(
    path('A PEM file with the key of `cert_file`, readable by its owner only.', 'secrets/etcd-key.pem'),
  ),
  user: z.optional(line('The login name at etcd.', 'a name', 'stagelock')),
  password_file: z.optional(
    path('A file that contains the password, readable by its owner only.', 'secrets/etcd-password'),
  ),
  password_variable: z.optional(variable('The environment variable that contains the password.', 'ETCD_PASSWORD')),
  allow_insecure: z.optional(
    flag('Whether plain http may carry the password to another host, readable by everyone on the way.', false),
  ),
  lease: z.optional(
    duration(
      'How long the others wait for a host that has gone silent until its run counts as dead. From 10 s to 10 min.',
      '1 min',
      DEFAULTS.coordinationLease,
    ).check(within(LEASE_MS.least, LEASE_MS.most, 'a duration from 10 s to 10 min')),
  ),
  request_timeout: z.optional(
    duration(
      'How long one request may take, on whichever members. From 1 s to 1 min, and at most half of `lease`.',
      '10 s',
      DEFAULTS.coordinationTimeout,
    ).check(within(REQUEST_MS.least, REQUEST_MS.most, 'a duration from 1 s to 1 min')),
  ),
  host: z.optional(
    line(
      'The name of this host in the coordination, different from that of each other host. Default: the host name.',
      'a name',
      'builder1',
    ).check(
      z.refine(
        (name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name),
        'a name: 1 to 64 letters, digits, . _ and -, beginning with a letter or digit',
      ),
    ),
  ),
  when_away: z.optional(
    choice(
      ['stop', 'compile'],
      DEFAULTS.whenAway,
      'What `exec` and `ct-lock-helper` with the strategy `etcd` do when no member answers: `stop` ends with 75; `compile` runs the command without a lock and says so, for what is made anew where it was made wrong.',
    ),
  ),
});

import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { isHttpUrl } from './submit-table.js';
import { argv, choice, duration, flag, line, path } from './values.js';

/** What a subscriber may want to know. */
const OCCASIONS = ['broken', 'fixed', 'stuck', 'waited', 'run'] as const;

const url = (description: string, example: string) =>
  line(description, 'a URL', example).check(z.refine(isHttpUrl, `a URL such as "${example}"`));

/** One of `[[notify]]`. Made when it is wanted: most configurations have none, and each schema costs every run its time. */
export const notifyShape = () => ({
  name: z.optional(
    line(
      'What messages and `stagelock notify` call this entry. Default: `command`, `webhook`, `ping` or `commit_status`, where only one entry has that key.',
      'a name',
      'chat',
    ).check(
      z.refine(
        (name) => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name),
        'a name: 1 to 64 letters, digits, _ and -, beginning with a letter or digit',
      ),
    ),
  ),
  command: z.optional(
    argv('A program and its arguments, run without a shell. It gets the event as JSON on standard input.', [
      '/usr/local/bin/on-build',
      '--verbose',
    ]),
  ),
  webhook: z.optional(url('A URL that gets the event by POST, as JSON.', 'https://hooks.example.org/builds')),
  ping: z.optional(
    url(
      'The ping URL of a dead-man service such as healthchecks.io: it gets the start of each run and its end.',
      'https://hc-ping.com/0c8d7d3e-5b0e-4f0a-9c1d-2f6b8a7e4d11',
    ),
  ),
  commit_status: z.optional(
    choice(
      ['github', 'gitlab'],
      undefined,
      'Reports each run as a status of the commit that it builds, by the API of GitHub (also Gitea and Forgejo) or GitLab. git only.',
    ),
  ),
  template: z.optional(
    choice(
      ['slack', 'matrix', 'ntfy'],
      undefined,
      'webhook only: the body that this service takes, instead of the event. `slack` also suits Mattermost and Rocket.Chat.',
    ),
  ),
  secret_file: z.optional(
    path(
      'webhook only: a file that contains the secret of the HMAC-SHA256 signature, readable by its owner only.',
      'secrets/webhook',
    ),
  ),
  token_file: z.optional(
    path(
      'webhook and commit_status only: a file that contains the access token, readable by its owner only.',
      'secrets/github-token',
    ),
  ),
  allow_insecure: z.optional(
    flag(
      'webhook and commit_status only: whether plain http may carry the token to another host, readable by everyone on the way.',
      false,
    ),
  ),
  url: z.optional(
    url(
      `commit_status only: the API. Default: \`${DEFAULTS.githubApi}\` or \`${DEFAULTS.gitlabApi}\`.`,
      'https://git.example.org/api/v4',
    ),
  ),
  repository: z.optional(
    line(
      'commit_status only: `OWNER/NAME` at GitHub; the path of the project or its number at GitLab.',
      'a repository',
      'example/demo',
    ).check(
      z.refine(
        (text) => /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(text),
        'a repository such as "example/demo" or "4711"',
      ),
    ),
  ),
  context: z.optional(
    line(
      'commit_status only: the name of the status. Default: `stagelock/` and the name of the build.',
      'a name',
      'ci/nightly',
    ),
  ),
  ca_file: z.optional(
    path(
      'Not for commands: a PEM file with the certificate authorities to trust, instead of those built into Node.',
      'example-ca.pem',
    ),
  ),
  on: z.optional(
    z
      .array(
        z.enum(OCCASIONS, OCCASIONS.map((word) => `"${word}"`).join(' or ')),
        'a list of events such as ["broken", "fixed"]',
      )
      .check(
        z.refine((words) => words.length > 0, 'a list of at least one event'),
        z.meta({
          description:
            'command and webhook only: which events. `broken`: the first run that failed; `fixed`: the first that passed again; `stuck`: a lock that a dead run left, or a run that goes on for far longer than usual; `waited`: a run that waited too long for others; `run`: the end of every run that had something to do. A ping and a commit_status follow every run.',
          default: [...DEFAULTS.notifyOn],
          examples: [['broken', 'fixed', 'run']],
        }),
      ),
  ),
  builds: z.optional(
    z.array(z.string('the name of a build'), 'a list of builds').check(
      z.refine((names) => names.length > 0, 'a list of at least one build'),
      z.meta({ description: 'Only events of these builds. Default: of all.', examples: [['gcc', 'gcc-debug']] }),
    ),
  ),
  timeout: z.optional(
    duration(
      'How long one attempt may take, until the answer or the end of the command.',
      '10 s',
      DEFAULTS.notifyTimeout,
    ),
  ),
  keep: z.optional(
    duration(
      `How long to retry what cannot be delivered. Default: "${DEFAULTS.notifyKeep}", and "${DEFAULTS.pingKeep}" for a ping.`,
      '12 h',
      undefined,
    ),
  ),
});

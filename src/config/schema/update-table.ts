import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { choice, duration, line } from './values.js';

/** `[builds.NAME.update]`. */
export const updateShape = {
  type: z.optional(choice(['git', 'svn', 'hg', 'cvs'], 'git', 'The version control system of the source.')),
  remote: z.optional(
    line('The remote to fetch from.', 'the name of a remote').check(
      z.refine((name) => !name.startsWith('-'), 'the name of a remote, which cannot begin with a dash'),
      z.meta({ description: 'git only: the remote to fetch from.', default: DEFAULTS.remote }),
    ),
  ),
  branch: z.optional(
    line('The branch to follow.', 'the name of a branch').check(
      z.refine((name) => !name.startsWith('-'), 'the name of a branch, which cannot begin with a dash'),
      z.meta({ description: 'git: the branch of the remote to follow. hg: the named branch, `default` unless given.' }),
    ),
  ),
  url: z.optional(
    line('svn only: the URL that must be checked out. Without it, any URL.', 'a URL').check(
      z.refine((url) => /^[a-z+]+:\/\/./.test(url), 'a URL such as "https://svn.example.org/project/trunk"'),
    ),
  ),
  options: z.optional(
    z
      .array(
        z.string('a string').check(z.refine((text) => /^-/.test(text), 'an option such as "-d"')),
        'an array of options such as ["-d", "-A", "-P"]',
      )
      .check(z.meta({ description: "cvs only: the options of `cvs update`; CTest's unless given." })),
  ),
  submodules: z.optional(
    z.boolean('true or false').check(
      z.meta({
        description:
          'git only: all submodules, nested ones too, are initialised and follow the tree. Without it those that are initialised do.',
        default: false,
      }),
    ),
  ),
  client: z.optional(
    line(
      'The program of the version control system, such as "/opt/git/bin/git". Default: its name.',
      'a program',
    ).check(z.refine((name) => !name.startsWith('-'), 'a program, which cannot begin with a dash')),
  ),
  command: z.optional(
    z
      .array(
        z.string('a string').check(z.refine((text) => !text.includes('\0'), 'a string without NUL')),
        'an array of strings such as ["./update.sh"]',
      )
      .check(
        z.refine((argv) => argv[0] !== undefined && argv[0] !== '', 'an array that begins with the program to run'),
        z.meta({
          description:
            "Runs in the source tree instead of the system's own commands; what it brought is read from the system.",
          minItems: 1,
        }),
      ),
  ),
  version_only: z.optional(
    z.boolean('true or false').check(
      z.meta({
        description: 'Leaves the tree unchanged, because something else updates it, and records its revision.',
        default: false,
      }),
    ),
  ),
  mode: z.optional(
    choice(
      ['fast-forward', 'reset'],
      DEFAULTS.mode,
      'fast-forward refuses a rewritten branch and local changes that are in the way; reset follows the branch and discards ' +
        'local commits and changes.',
    ),
  ),
  timeout: z.optional(duration('How long the update may take.', DEFAULTS.fetchTimeout)),
};

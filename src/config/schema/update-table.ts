import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { argv, choice, duration, flag, line } from './values.js';

/** `[builds.NAME.update]`. */
export const updateShape = {
  type: z.optional(choice(['git', 'svn', 'hg', 'cvs'], 'git', 'The version control system of the source.')),
  remote: z.optional(
    line('git only: the remote to fetch from.', 'the name of a remote', 'upstream').check(
      z.refine((name) => !name.startsWith('-'), 'the name of a remote, which cannot begin with a dash'),
      z.meta({ default: DEFAULTS.remote }),
    ),
  ),
  branch: z.optional(
    line(
      `The branch to follow. git: a branch of the remote, required. hg: a named branch, by default \`${DEFAULTS.hgBranch}\`.`,
      'the name of a branch',
      'main',
    ).check(z.refine((name) => !name.startsWith('-'), 'the name of a branch, which cannot begin with a dash')),
  ),
  url: z.optional(
    line(
      'svn only: the URL that must be checked out. Without it, the one that is checked out.',
      'a URL',
      'https://svn.example.org/demo/trunk',
    ).check(z.refine((url) => /^[a-z+]+:\/\/./.test(url), 'a URL such as "https://svn.example.org/project/trunk"')),
  ),
  options: z.optional(
    z
      .array(
        z.string('a string').check(z.refine((text) => /^-/.test(text), 'an option such as "-d"')),
        'an array of options such as ["-d", "-A", "-P"]',
      )
      .check(
        z.meta({
          description: "cvs only: the options of `cvs update`. The default is CTest's.",
          default: DEFAULTS.cvsOptions,
          examples: [['-d', '-P']],
        }),
      ),
  ),
  submodules: z.optional(
    flag(
      'git only: whether to initialise all submodules, nested ones included. Otherwise only initialised ones follow the tree.',
      false,
    ),
  ),
  client: z.optional(
    line(
      'The client program of the version control system. Default: its name, found in PATH.',
      'a program',
      '/opt/git/bin/git',
    ).check(z.refine((name) => !name.startsWith('-'), 'a program, which cannot begin with a dash')),
  ),
  command: z.optional(
    argv(
      "A command that updates the source instead of the version control system's own commands. It runs in the source tree; the version control system then reports what changed.",
      ['./update.sh'],
    ),
  ),
  version_only: z.optional(
    flag('Whether to leave the tree alone, because something else updates it, and only record its revision.', false),
  ),
  mode: z.optional(
    choice(
      ['fast-forward', 'reset'],
      DEFAULTS.mode,
      '`fast-forward` refuses a rewritten branch, and local changes in the way. `reset` follows the branch and discards ' +
        'local commits and changes.',
    ),
  ),
  timeout: z.optional(duration('The time limit of the update.', '30 min', DEFAULTS.fetchTimeout)),
};

import type { Command } from 'commander';
import * as z from 'zod/mini';
import { configSchema } from '../config/schema.js';
import { HELP as helperHelp } from '../tables/helper-help.js';
import { VERSION } from '../version.js';
import { HELP as cleanupHelp } from './cleanup-help.js';
import { EXIT } from './exit.js';
import { program } from './program.js';

/*
 * What scripts/documents.mjs makes man pages and the configuration reference of: the same values as the programs use. No
 * program imports this file.
 */

/** The exit codes of stagelock, and what each tells a script. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'Done, or nothing to do.',
  failed: 'A stage or the update failed, or you answered no.',
  usage: 'The command line or the configuration is wrong.',
  internal: 'The run itself failed: a full disk, an update that broke off halfway, an internal error.',
  obstructed: 'Something else stands where stagelock keeps a file of its own: a link, a directory, a pipe.',
  held: 'A lock is held, a wait timed out, or another primary owns the source.',
};

/** The JSON schema, with what was expected for each key, as messages name it, in `$comment`. */
export function expectations(): object {
  return z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const { error }: { readonly error?: unknown } = zodSchema._zod.def;
      const expected: unknown = typeof error === 'function' ? error() : undefined;
      if (typeof expected === 'string') jsonSchema.$comment = expected;
    },
  });
}

export const stagelock = (): Command => program();
export { cleanupHelp, EXIT, helperHelp, VERSION };

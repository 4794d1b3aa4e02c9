import { parseArgs } from 'node:util';
import type { Argv } from '../compile/argv.js';
import { isStrategy, STRATEGIES, type Strategy } from '../locks/index.js';
import { errorText } from '../text/error-text.js';

export const HELP = `Usage: ct-lock-helper compile --target=FILE [OPTION...] -- COMMAND...
       ct-lock-helper link --target=FILE [OPTION...] -- COMMAND...
       ct-lock-helper launch [OPTION...] -- COMMAND...

Runs COMMAND while it holds the lock of the file that COMMAND produces, has it
write a temporary, and renames that to FILE: several users and hosts can compile
into one directory, one at a time per FILE, and no reader ever sees half of one.

  compile   appends "-o TEMPORARY" to COMMAND
  link      COMMAND names FILE itself, as in "gcc ... -o FILE" or "ar rcs FILE
            ..."; where it cannot be redirected, it runs unchanged under the lock
  launch    finds FILE in COMMAND, a call of a compiler, linker, ar or ranlib;
            what produces no single file runs unchanged and without a lock. For
            CMAKE_C_COMPILER_LAUNCHER and the like, or make CC="... launch -- gcc"

  --target=FILE        what COMMAND produces; its directory is made if missing
  --strategy=STRATEGY  lockdir (works everywhere: NFS, GPFS, Lustre), cifs
                       (CIFS, SMB), flock (local file systems) or fcntl;
                       without it the file system decides
  --reuse              compile, link: an object that another helper has just made
                       is taken if it is certainly the same; launch does so
  --help, --version

Environment:
  CT_LOCK_SLEEP_INTERVAL  seconds between two attempts to get the lock
                          (default: 0.01 to 0.1, as suits the file system);
                          _CIFS and _FLOCK appended: for that strategy only
  CT_LOCK_WARN_INTERVAL   seconds between two warnings while waiting (30)
  CT_LOCK_TIMEOUT         seconds after which a lock of another host is
                          overdue and the warnings say how to remove it (600)
  CT_LOCK_VERBOSE         1: tell of stale locks that are removed, and of
                          commands that cannot be redirected; 2: why an object
                          that another helper has just made is made again (0)
  CT_LOCK_DIR             a directory for all locks of the tree that it lies in
                          (default: each stands beside what it protects). The
                          same for all who build there; .lock-strategy at the top
                          of the tree may say so instead: locks=DIR
  CT_LOCK_REUSE           0: launch, too, makes what another helper has just made
  CT_LOCK_COMPILERS       names of programs whose "-o FILE" launch redirects as a
                          compiler's ("*": of all); others than compilers,
                          linkers, ar and ranlib run unchanged under the lock
  CT_LOCK_LOG             a file to which whoever had to wait for a lock appends
                          a line of JSON, for "stagelock contention"
  CT_RULE_OUTCOMES_LOG    a file to which compile and link append a line for
                          each product, as compiletools does

Exit code: that of COMMAND; 125 for errors of ct-lock-helper itself;
128+N after signal N.
`;

/** The command line is not one of ours. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type HelperArguments =
  | { readonly verb: 'help' | 'version' }
  | { readonly verb: 'compile' | 'link'; readonly target: string; readonly strategy: Choice; readonly command: Argv }
  | { readonly verb: 'launch'; readonly strategy: Choice; readonly command: Argv }
  /** For the native front only. */
  | { readonly verb: 'settle'; readonly target: string; readonly strategy: Strategy };

type Choice = Strategy | 'auto';

/** @throws UsageError */
export function readHelperArguments(args: readonly string[]): HelperArguments {
  const dashes = args.indexOf('--');
  const { values, positionals } = parseOptions(dashes < 0 ? args : args.slice(0, dashes));
  if (values.help) return { verb: 'help' };
  if (values.version) return { verb: 'version' };
  const { target, strategy = 'auto' } = values;
  const [verb, ...more] = positionals;
  if (verb === 'settle' && target !== undefined && isStrategy(strategy)) return { verb, target, strategy };
  if (verb === undefined) throw new UsageError('what to do is missing: compile, link or launch');
  if (verb !== 'compile' && verb !== 'link' && verb !== 'launch') {
    throw new UsageError(`"${verb}" is unknown; there are: compile, link, launch`);
  }
  if (verb === 'launch' && target !== undefined) throw new UsageError('launch finds its target itself; link takes one');
  if (verb !== 'launch' && (target === undefined || target === '')) throw new UsageError('--target=FILE is missing');
  if (strategy !== 'auto' && !isStrategy(strategy)) {
    throw new UsageError(`--strategy=${strategy} is unknown; there are: ${STRATEGIES.join(', ')}`);
  }
  const [program, ...rest] = dashes < 0 ? [] : args.slice(dashes + 1);
  if (more.length > 0 || program === undefined || program === '') {
    throw new UsageError('the command to run belongs behind " -- "');
  }
  const command: Argv = [program, ...rest];
  return verb === 'launch' ? { verb, strategy, command } : { verb, target: target ?? '', strategy, command };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        target: { type: 'string' },
        strategy: { type: 'string' },
        // What another helper has just made may be taken: the native front does that.
        reuse: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

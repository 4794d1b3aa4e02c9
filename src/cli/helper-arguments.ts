import { parseArgs } from 'node:util';
import type { Argv } from '../compile/argv.js';
import { isStrategy, type Strategy } from '../locks/index.js';
import { IN_ETCD } from '../tables/locks.js';
import * as says from '../tables/messages.js';
import { errorText } from '../text/error-text.js';

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

/** How the lock is made: by a file system, as suits it, or in etcd. */
export type Choice = Strategy | 'auto' | typeof IN_ETCD;

/** @throws UsageError */
export function readHelperArguments(args: readonly string[]): HelperArguments {
  const dashes = args.indexOf('--');
  const { values, positionals } = parseOptions(dashes < 0 ? args : args.slice(0, dashes));
  if (values.help) return { verb: 'help' };
  if (values.version) return { verb: 'version' };
  const { target, strategy = 'auto' } = values;
  const [verb, ...more] = positionals;
  if (verb === 'settle' && target !== undefined && isStrategy(strategy)) return { verb, target, strategy };
  if (verb === undefined) throw new UsageError(says.verbMissing);
  if (verb !== 'compile' && verb !== 'link' && verb !== 'launch') {
    throw new UsageError(says.verbUnknown(verb));
  }
  if (verb === 'launch' && target !== undefined) throw new UsageError(says.targetUnwanted);
  if (verb !== 'launch' && (target === undefined || target === '')) throw new UsageError(says.targetMissing);
  if (strategy !== 'auto' && strategy !== IN_ETCD && !isStrategy(strategy)) {
    throw new UsageError(says.strategyUnknown(strategy));
  }
  const [program, ...rest] = dashes < 0 ? [] : args.slice(dashes + 1);
  if (more.length > 0 || program === undefined || program === '') {
    throw new UsageError(says.commandMissing);
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

import type { Argv } from './argv.js';
import { adaptAppended, adaptToPlace, hasDirectory } from './place.js';
import { type Plan, planCompile, planLaunch, planLink } from './plan.js';
import { type Circumstances, type Production, produce, runAsItIs, runUnderLock } from './production.js';
import { readResponseFile } from './response-file.js';
import { uniqueNow } from './temporary.js';

/** What to do with a command: the verbs of ct-lock-helper. */
export type Order =
  | { readonly verb: 'compile' | 'link'; readonly target: string; readonly command: Argv }
  | { readonly verb: 'launch'; readonly command: Argv };

/**
 * How this process is to carry an order out, seeing what the command says and what is there.
 *
 * @throws LockError when the target is one that must not be replaced
 */
export function planOf(order: Order): Plan {
  const { command } = order;
  const unique = uniqueNow();
  switch (order.verb) {
    case 'compile':
      return adaptAppended(
        planCompile(order, unique, readResponseFile, process.env['CT_LOCK_COMPILERS']),
        command,
        process.env,
      );
    case 'link':
      return adaptToPlace(planLink(command, order.target, unique, readResponseFile), command, process.env);
    case 'launch': {
      const plan = planLaunch(command, unique, readResponseFile, process.env['CT_LOCK_COMPILERS']);
      if (plan.kind === 'unchanged' || hasDirectory(plan.target)) return adaptToPlace(plan, command, process.env);
      return { kind: 'unchanged', why: 'the directory of its output does not exist' };
    }
  }
}

/**
 * Runs a command as planned.
 *
 * @param circumstances asked for once it is clear that there is something to lock
 * @throws LockError, or the system's error when the product cannot be put in its place
 */
export function carryOut(
  plan: Plan,
  command: Argv,
  stop: AbortSignal,
  circumstances: (target: string) => Circumstances,
): Promise<Production> {
  switch (plan.kind) {
    case 'unchanged':
      return runAsItIs(plan.argv ?? command, stop);
    case 'locked':
      return runUnderLock(plan, plan.argv ?? command, circumstances(plan.destination ?? plan.target));
    case 'redirected':
      return produce(plan, circumstances(plan.destination ?? plan.target));
  }
}

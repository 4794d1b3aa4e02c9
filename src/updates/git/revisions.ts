import type { Checkout, Failed } from '../version-control.js';
import { failureText, runGit } from './command.js';

/** Whether the one commit is the other one or comes before it, as far as this clone has what is between. */
export async function isAncestor(checkout: Checkout, earlier: string, later: string): Promise<boolean | Failed> {
  const question = ['merge-base', '--is-ancestor', earlier, later];
  const answer = await runGit(checkout, question);
  if (answer.kind === 'ok') return true;
  if (answer.kind === 'failed' && answer.code === 1) return false;
  return { kind: 'failed', message: failureText(checkout, question, answer) };
}

/** Whether a text can be the name of a commit. */
export function isRevision(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

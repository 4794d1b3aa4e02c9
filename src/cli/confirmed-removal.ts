import { confirmed } from './confirmation.js';
import { EXIT, Refusal } from './exit.js';

/** Locks of a build that are about to be removed. */
export interface Removal {
  readonly build: string;
  readonly count: number;
  /** Whether the command line has confirmed it. */
  readonly yes: boolean;
  /** The command that needs no terminal. */
  readonly command: string;
}

/** Has a person confirm that locks are removed. @throws Refusal when that is not so */
export async function confirmRemoval({ build, count, yes, command }: Removal): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new Refusal(
      EXIT.usage,
      `${build}: nothing was removed, because there is no terminal to ask for confirmation; after a look: ${command}`,
    );
  }
  const what = count === 1 ? 'this lock' : `these ${count} locks`;
  if (!(await confirmed(`Remove ${what}? [y/N] `))) throw new Refusal(EXIT.failed, `${build}: left as it is`);
}

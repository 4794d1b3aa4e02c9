import { confirmed } from './confirmation.js';
import { EXIT, Refusal } from './exit.js';

/** What is about to be removed. */
export interface Removal {
  /** Of which build, or project. */
  readonly build: string;
  /** How many locks, or what else. */
  readonly what: number | string;
  /** Whether the command line has confirmed it. */
  readonly yes: boolean;
  /** The command that needs no terminal. */
  readonly command: string;
}

/** Has a person confirm that it is removed. @throws Refusal when that is not so */
export async function confirmRemoval({ build, what, yes, command }: Removal): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new Refusal(
      EXIT.usage,
      `${build}: nothing was removed, because there is no terminal to ask for confirmation; after a look: ${command}`,
    );
  }
  const named = typeof what === 'string' ? what : what === 1 ? 'this lock' : `these ${what} locks`;
  if (!(await confirmed(`Remove ${named}? [y/N] `))) throw new Refusal(EXIT.failed, `${build}: left as it is`);
}

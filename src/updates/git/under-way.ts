import { join } from 'node:path';
import { shellWord } from '../../text/shell-word.js';
import { exists } from '../look.js';
import type { Fault } from '../version-control.js';

/** What git keeps while a command that takes more than one step is under way, or stopped at a conflict; and what ends it. */
const COMMANDS: readonly (readonly [name: string, command: string])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply/applying', 'am'],
  ['rebase-apply', 'rebase'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['MERGE_HEAD', 'merge'],
];

/** The files and directories of that, each once. */
export const UNFINISHED: readonly string[] = [...new Set(COMMANDS.map(([name]) => name.split('/')[0] ?? name))];

/** The command of a person's that has begun in a work tree and is not finished, with what gives it up. */
function underWay(source: string, gitDirectory: string): Fault | undefined {
  const found = COMMANDS.find(([name]) => exists(join(gitDirectory, name)));
  if (found === undefined) return undefined;
  const [name, command] = found;
  return {
    what: `git ${command} has begun there and is not finished (${join(gitDirectory, name)})`,
    paths: [],
    advice: [`git -C ${shellWord(source)} ${command} --abort`],
  };
}

/** What a person has to end before git moves anything there. */
export function obstacles(source: string, gitDirectory: string): Fault[] {
  const begun = underWay(source, gitDirectory);
  const index = join(gitDirectory, 'index');
  const gone = {
    what: `the index of git is gone: ${index}`,
    paths: [],
    advice: [`git -C ${shellWord(source)} reset -q`],
  };
  return [...(begun === undefined ? [] : [begun]), ...(exists(index) ? [] : [gone])];
}

/** As many paths as an advice names one by one. */
const FEW = 10;

/** Puts files in conflict back to what is checked out, in the index and in the tree. */
export function giveUp(top: string, paths: readonly string[]): string {
  const restore = `git -C ${shellWord(top)} restore --source=HEAD --staged --worktree --`;
  if (paths.length <= FEW) return `${restore} ${paths.map((path) => shellWord(`:(top,literal)${path}`)).join(' ')}`;
  return `git -C ${shellWord(top)} diff --name-only --diff-filter=U -z | xargs -0 ${restore}`;
}

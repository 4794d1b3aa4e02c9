import { join } from 'node:path';
import { FOREIGN_REPOSITORY } from '../../config/git-upstream.js';
import { workTreeOf } from '../../config/work-tree.js';
import { shellWord } from '../../text/shell-word.js';
import { type Client, clientFailure, runClient } from '../client.js';
import { toCopy } from '../proof.js';
import type { ToolResult } from '../tool.js';
import type { Checkout } from '../version-control.js';

/**
 * Runs when git first needs ssh. GIT_SSH_COMMAND would hide a `core.sshCommand` of the repository (a deploy key, say),
 * which is as much the user's word as the environment; asking git for it here costs nothing when no ssh is used.
 */
const BATCH_SSH =
  'f() { c=$(git config --get core.sshCommand); if [ -n "$c" ]; then eval "$c \\"\\$@\\""; ' +
  'else exec ssh -o BatchMode=yes "$@"; fi; }; f';

/**
 * The environment in which git never asks anything: a question would hang a cron job until its time limit. Passwords
 * come from a credential helper, keys from an agent or a file. Messages come in English, since they go into mails.
 */
export function gitEnvironment(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const environment = { ...base };
  for (const name of FOREIGN_REPOSITORY) delete environment[name];
  delete environment['SSH_ASKPASS'];
  // Empty, not absent: only then does git ignore core.askPass and SSH_ASKPASS too.
  environment['GIT_ASKPASS'] = '';
  environment['SSH_ASKPASS_REQUIRE'] = 'never';
  environment['GIT_TERMINAL_PROMPT'] = '0';
  environment['GCM_INTERACTIVE'] = 'never';
  // Reading commands must not take index.lock from under a person who works in the checkout.
  environment['GIT_OPTIONAL_LOCKS'] = '0';
  environment['LC_ALL'] = 'C';
  // Objects are what the server has, not what was put into their place here (git-replace(1)).
  environment['GIT_NO_REPLACE_OBJECTS'] = '1';
  // Nor are the parents of a commit what was written here: no file is that of .git/info/grafts.
  environment['GIT_GRAFT_FILE'] = '';
  for (const [key, value] of PLAIN_SETTINGS) addSetting(environment, key, value);
  if (!base['GIT_SSH_COMMAND'] && !base['GIT_SSH']) environment['GIT_SSH_COMMAND'] = BATCH_SSH;
  return environment;
}

/**
 * What a user may have set, and would make git do more, or see less, than its commands say: daemons that tell it which files
 * have changed, submodules that move along, files whose times count for less.
 */
const PLAIN_SETTINGS: readonly (readonly [key: string, value: string])[] = [
  ['core.fsmonitor', 'false'],
  ['core.ignoreStat', 'false'],
  ['core.checkStat', 'default'],
  ['core.trustctime', 'true'],
  ['submodule.recurse', 'false'],
  ['fetch.pruneTags', 'false'],
  ['merge.verifySignatures', 'false'],
  ['color.ui', 'false'],
];

/** As `-c`, which would stand in each command that a message shows. git before 2.31 takes no notice. */
function addSetting(environment: NodeJS.ProcessEnv, key: string, value: string): void {
  const count = Number(environment['GIT_CONFIG_COUNT'] ?? 0);
  if (!Number.isSafeInteger(count)) return; // git will say what is wrong with that
  environment[`GIT_CONFIG_KEY_${count}`] = key;
  environment[`GIT_CONFIG_VALUE_${count}`] = value;
  environment['GIT_CONFIG_COUNT'] = String(count + 1);
}

/** Garbage collection may take minutes; a time limit must not fall into it while the tree moves. See `tidy`. */
export const NO_COLLECTION = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

const GIT: Client = { program: 'git', environment: gitEnvironment };

/**
 * Runs git in the checkout.
 *
 * @param args everything after `git`; values from outside must have been checked not to look like options
 * @param onStdout gets standard output as it comes, where it may be longer than what is collected
 */
export function runGit(
  checkout: Checkout,
  args: readonly string[],
  onStdout?: (chunk: Buffer) => void,
): Promise<ToolResult> {
  return runClient(GIT, checkout, args, { onStdout });
}

/** {@link runGit} with standard input; every pathspec in it is a path. */
export function feedGit(checkout: Checkout, args: readonly string[], input: Buffer): Promise<ToolResult> {
  return runClient(withEnvironment({ GIT_LITERAL_PATHSPECS: '1' }), checkout, args, { input });
}

/** The repository of a checkout, with a work tree and an index of our own. */
export interface GitView {
  readonly checkout: Checkout;
  readonly gitDirectory: string;
  /** The work tree, absolute. */
  readonly directory: string;
  readonly index: string;
}

/** Runs git in such a view: the checkout itself and its index are not touched. */
export function gitIn(
  { checkout, gitDirectory, directory, index }: GitView,
  args: readonly string[],
  { input, onStdout }: { readonly input?: Buffer; readonly onStdout?: (chunk: Buffer) => void } = {},
): Promise<ToolResult> {
  const client = withEnvironment({ GIT_DIR: gitDirectory, GIT_WORK_TREE: directory, GIT_INDEX_FILE: index });
  return runClient(client, { ...checkout, source: directory }, args, { onStdout, input: input ?? Buffer.alloc(0) });
}

function withEnvironment(more: NodeJS.ProcessEnv): Client {
  return { ...GIT, environment: (base) => ({ ...gitEnvironment(base), ...more }) };
}

/** What to tell a person about a git command that did not succeed. */
export function failureText(
  checkout: Checkout,
  args: readonly string[],
  result: Exclude<ToolResult, { kind: 'ok' }>,
): string {
  return clientFailure(GIT, checkout, args, result);
}

/** A value, or what to tell a person. */
export type Looked<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'failed'; readonly message: string };

/** Runs git and splits all it writes; without a limit, because half a list would be a wrong list. */
export function nulSeparated(checkout: Checkout, args: readonly string[]): Promise<Looked<Buffer[]>> {
  return nulSeparatedIf(checkout, args, () => true);
}

/**
 * The parts that matter of what git writes about every file of a large tree: making a buffer of each part costs more than git
 * itself.
 *
 * @param matters by the first byte of a part
 */
export async function nulSeparatedIf(
  checkout: Checkout,
  args: readonly string[],
  matters: (first: number) => boolean,
): Promise<Looked<Buffer[]>> {
  const chunks: Buffer[] = [];
  const result = await runGit(checkout, args, (chunk) => chunks.push(chunk));
  if (result.kind !== 'ok') {
    const message = failureText(checkout, args, result);
    return { kind: 'failed', message: [message, ...explainIndex(checkout, message)].join('\n') };
  }
  const all = Buffer.concat(chunks);
  const parts: Buffer[] = [];
  let start = 0;
  for (let end = all.indexOf(0); end >= 0; end = all.indexOf(0, start)) {
    if (matters(all[start] ?? 0)) parts.push(all.subarray(start, end));
    start = end + 1;
  }
  return { kind: 'seen', value: parts };
}

/** An index that was cut off or holds something else is none of a person's, and can be made from what is checked out. */
function explainIndex({ source }: Checkout, said: string): string[] {
  const tree = workTreeOf(source, 'git');
  if (tree === undefined || !/index file (?:smaller|corrupt)|bad (?:index|signature)/.test(said)) return [];
  return toCopy('The git index is corrupt. To rebuild it without changing any file:', [
    `rm -- ${shellWord(join(tree.administration, 'index'))}`,
    `git -C ${shellWord(source)} reset -q`,
  ]);
}

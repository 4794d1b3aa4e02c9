import { spawnSync } from 'node:child_process';
import { shellWord } from '../text/shell-word.js';

/** A branch of a remote. */
export interface Upstream {
  readonly remote: string;
  readonly branch: string;
}

/** What a checkout follows, or why that cannot be said, in words for a person. */
export type FollowedBranch = ({ readonly kind: 'upstream' } & Upstream) | NoUpstream;

interface NoUpstream extends Why {
  readonly kind: 'none';
}

/** What went wrong, and the command that fixes it, if there is one. */
export interface Why {
  readonly why: string;
  readonly remedy?: string;
}

/** Set in the hooks and aliases of another git process; they would point ours at that one's repository. */
export const FOREIGN_REPOSITORY = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_REPLACE_REF_BASE',
];

/**
 * What a git checkout follows: the upstream of its branch; without one, the branch of the same name of `origin` or of the only
 * remote; with a detached HEAD, what that remote's HEAD names. Asks git itself, which knows about work trees, submodules and
 * included configuration files.
 *
 * @param client the git to ask, as the PATH finds it
 */
export function followedBranch(source: string, client = 'git'): FollowedBranch {
  const branch = askGit(client, source, 'symbolic-ref', '--quiet', '--short', 'HEAD');
  if (branch.kind === 'failed') return { ...branch, kind: 'none' };
  const current = branch.text;
  if (current !== undefined) {
    const remote = askGit(client, source, 'config', '--get', `branch.${current}.remote`);
    const merge = askGit(client, source, 'config', '--get', `branch.${current}.merge`);
    const [name, followed] = [remote, merge].map((answer) => (answer.kind === 'said' ? answer.text : undefined));
    if (name === '.') return none(followsItself(source, current, followed), following(source));
    if (name !== undefined && followed?.startsWith('refs/heads/')) {
      return { kind: 'upstream', remote: name, branch: followed.slice('refs/heads/'.length) };
    }
  }
  const listed = askGit(client, source, 'remote');
  if (listed.kind === 'failed') return { ...listed, kind: 'none' };
  const remotes = listed.text?.split('\n') ?? [];
  const remote = remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined;
  if (remote === undefined) {
    const which = remotes.length === 0 ? 'its git repository has no remote' : `its remotes are ${remotes.join(', ')}`;
    return none(`${source} follows no branch: ${which}`, following(source));
  }
  if (current !== undefined) return { kind: 'upstream', remote, branch: current };
  const head = askGit(client, source, 'symbolic-ref', '--quiet', '--short', `refs/remotes/${remote}/HEAD`);
  if (head.kind === 'failed') return { ...head, kind: 'none' };
  if (head.text !== undefined) return { kind: 'upstream', remote, branch: head.text.slice(remote.length + 1) };
  return none(`${source} has a detached HEAD, which follows no branch`, `git -C ${shellWord(source)} switch BRANCH`);
}

/** Whether the commit that is checked out has this directory; the repository may be another one's, far above. */
export function isInCommit(source: string, client = 'git'): boolean | Why {
  const tree = askGit(client, source, 'rev-parse', '--verify', '--quiet', 'HEAD:./');
  return tree.kind === 'failed' ? tree : tree.text !== undefined;
}

function followsItself(source: string, current: string, followed: string | undefined): string {
  const local = followed?.replace(/^refs\/heads\//, '') ?? 'another one';
  return `${source} is on branch ${current}, which follows the local branch ${local}, which nothing updates`;
}

function following(source: string): string {
  return `git -C ${shellWord(source)} branch --set-upstream-to=REMOTE/BRANCH`;
}

function none(why: string, remedy: string): NoUpstream {
  return { kind: 'none', why, remedy };
}

/** `text` is undefined where git says that there is no such thing. */
type Answer = { readonly kind: 'said'; readonly text: string | undefined } | (Why & { readonly kind: 'failed' });

const ASK_MS = 10_000;

function askGit(client: string, source: string, ...args: string[]): Answer {
  const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  for (const name of FOREIGN_REPOSITORY) delete environment[name];
  const result = spawnSync(client, ['-C', source, ...args], {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ASK_MS,
  });
  if (result.status === 0 || result.status === 1) return { kind: 'said', text: result.stdout.trim() || undefined };
  const code = result.error !== undefined && 'code' in result.error ? String(result.error.code) : undefined;
  if (code === 'ETIMEDOUT')
    return { kind: 'failed', why: `${client} in ${source} did not answer within ${ASK_MS / 1000} s` };
  if (result.error !== undefined)
    return { kind: 'failed', why: `cannot start ${client}: ${code ?? result.error.message}` };
  // A source of another user's: git then names the command that trusts it.
  const [remedy] = /^\tgit config --global --add safe\.directory .+$/m.exec(result.stderr) ?? [];
  const [first = ''] = result.stderr.trim().split('\n');
  const why = `${client} refuses ${source}: ${first || `${args[0]} failed`}`;
  return { kind: 'failed', why, ...(remedy !== undefined && { remedy: remedy.trim() }) };
}

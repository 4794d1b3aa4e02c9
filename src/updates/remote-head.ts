import type { Primary, UpdateSource } from '../config/project.js';
import { runGit } from './git/command.js';
import { runHg } from './hg/command.js';
import { runSvn } from './svn/command.js';
import type { ToolResult } from './tool.js';
import type { Checkout } from './version-control.js';

/** What the repository has that a primary is updated from. */
export type RemoteHead =
  | { readonly kind: 'head'; readonly revision: string }
  /** It does not answer, or does not have what is followed; the message can be told to a person as it is. */
  | { readonly kind: 'silent'; readonly message: string }
  /** It cannot be asked without touching the checkout. */
  | { readonly kind: 'not-asked'; readonly why: string };

/** How the question is put. */
export type Patience = Pick<Checkout, 'environment' | 'timeoutMs'>;

/** The checkout of a primary, for questions that change nothing in it. */
export function checkoutFor({ source }: Primary, { client }: UpdateSource, patience: Patience): Checkout {
  return { source, graceMs: 1000, ...patience, ...(client !== undefined && { client }) };
}

/** Asks for the newest revision of what a primary follows. Nothing is fetched or changed. */
export async function remoteHead(primary: Primary, update: UpdateSource, patience: Patience): Promise<RemoteHead> {
  const { name, source } = primary;
  if (update.versionOnly === true) return { kind: 'not-asked', why: 'something else moves the source' };
  if (update.command !== undefined) return { kind: 'not-asked', why: 'a command of its own updates the source' };
  const checkout = checkoutFor(primary, update, patience);
  switch (update.type) {
    case 'git': {
      const { remote, branch } = update;
      const answer = await runGit(checkout, ['ls-remote', '--exit-code', '--heads', remote, `refs/heads/${branch}`]);
      if (answer.kind === 'failed' && answer.code === 2) {
        return { kind: 'silent', message: `${name} follows the branch ${branch}, which ${remote} does not have` };
      }
      return headIn(`${name} cannot be updated: the remote ${remote} of ${source}`, answer);
    }
    case 'svn':
      return headIn(
        `${name} cannot be updated: the repository of ${source}`,
        await runSvn(checkout, ['info', '--show-item', 'last-changed-revision', '-r', 'HEAD']),
      );
    case 'hg':
      return headIn(
        `${name} cannot be updated: the branch ${update.branch} in the default path of ${source}`,
        await runHg(checkout, ['identify', '--id', '--rev', update.branch, 'default']),
      );
    case 'cvs':
      return { kind: 'not-asked', why: 'CVS has no revision of a whole tree' };
  }
}

/**
 * Whether an update would move a source to the head of its remote.
 *
 * @param current what is checked out, as the system names it
 */
export async function wouldMove(
  update: UpdateSource,
  head: string,
  current: string,
  checkout: Checkout,
): Promise<boolean> {
  switch (update.type) {
    case 'git': {
      if (head === current || update.mode === 'reset') return head !== current;
      // A checkout with commits of its own stays; a head that it does not have yet is no ancestor.
      return (await runGit(checkout, ['merge-base', '--is-ancestor', head, 'HEAD'])).kind !== 'ok';
    }
    case 'svn':
      return Number(head) > Number.parseInt(current, 10);
    case 'hg':
      return !current.startsWith(head);
    case 'cvs':
      return true;
  }
}

function headIn(what: string, answer: ToolResult): RemoteHead {
  if (answer.kind === 'ok') {
    const [revision = ''] = answer.stdout.toString('utf8').trim().split(/\s+/);
    return { kind: 'head', revision };
  }
  return { kind: 'silent', message: unanswered(what, answer) };
}

function unanswered(what: string, answer: Exclude<ToolResult, { kind: 'ok' }>): string {
  switch (answer.kind) {
    case 'aborted':
      return `${what} was not asked to the end`;
    case 'not-found':
      return `${what}: ${answer.message}`;
    case 'timed-out':
      return `${what} did not answer within ${answer.afterMs / 1000} s; to leave this out: check --offline`;
    case 'failed': {
      const said = answer.stderr
        .trim()
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(0, 3)
        .join(' ');
      return `${what} does not answer: ${said === '' ? `exit code ${answer.code}` : said}`;
    }
  }
}

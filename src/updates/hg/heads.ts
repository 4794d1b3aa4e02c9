import type { HgUpdate } from '../../config/project.js';
import { decodeText } from '../text.js';
import type { Checkout, Failed } from '../version-control.js';
import { type Row, rowsOf, texts } from './command.js';

/** What is followed, and how the tree follows. */
export type Followed = Pick<HgUpdate, 'branch' | 'mode'>;

/** A head of the branch, or what is checked out, and how it is related to that. */
export interface Head {
  readonly node: string;
  readonly rev: number;
  readonly branch: string;
  readonly isOpenHead: boolean;
  readonly isClosedHead: boolean;
  readonly isCheckedOut: boolean;
  /** It is checked out, or an ancestor of that is. */
  readonly isInHere: boolean;
  /** It is checked out, or a descendant of what is. */
  readonly comesFromHere: boolean;
  /** It is the newest open head, or an ancestor of that. */
  readonly isInNewest: boolean;
  /** Perhaps only this repository has it. */
  readonly isDraft: boolean;
  /** Only this repository has it. Known where that was asked for. */
  readonly isOurs: boolean;
}

/** What an update has to do. */
export type Course =
  | { readonly kind: 'to'; readonly head: string; readonly target: string }
  /** Nothing is checked out. */
  | { readonly kind: 'nothing'; readonly target: string }
  | { readonly kind: 'elsewhere'; readonly branch: string; readonly target: string }
  | { readonly kind: 'diverged'; readonly head: string; readonly target: string }
  /** Whatever is built, the others are not. */
  | { readonly kind: 'several'; readonly heads: readonly string[] }
  /** It began later than the time that was asked for, and what is checked out is none of it. */
  | { readonly kind: 'too-young' }
  /** All that there ever was is checked out. */
  | { readonly kind: 'closed'; readonly by: string };

/** Decides it. Every open head of the branch must be in what is checked out after the update. */
export function courseOf({ branch, mode }: Followed, heads: readonly Head[]): Course {
  const here = heads.find(({ isCheckedOut }) => isCheckedOut);
  const open = heads.filter(({ isOpenHead }) => isOpenHead).sort((a, b) => b.rev - a.rev);
  const closed = heads.find(({ isClosedHead }) => isClosedHead);
  const newest = open[0] ?? closed;
  if (newest === undefined) {
    const isOfBranch = here?.branch === branch && !here.isOurs;
    return isOfBranch ? { kind: 'to', head: here.node, target: here.node } : { kind: 'too-young' };
  }
  if (mode === 'fast-forward' && here === undefined) return { kind: 'nothing', target: newest.node };
  if (mode === 'fast-forward' && here?.branch !== branch) {
    return { kind: 'elsewhere', branch: here?.branch ?? '', target: newest.node };
  }
  if (open.length === 0 && newest.isInHere) return { kind: 'closed', by: newest.node };
  const head = here?.node ?? '';
  if (mode === 'fast-forward' && here?.isOurs) return { kind: 'diverged', head, target: newest.node };
  if (mode === 'reset' || newest.comesFromHere) {
    const others = mode === 'reset' ? [] : open.filter(({ isInNewest }) => !isInNewest);
    return others.length > 0 ? several(open) : { kind: 'to', head, target: newest.node };
  }
  const isOnOther = open.some(({ comesFromHere }) => comesFromHere);
  if (!newest.isInHere && !isOnOther) return { kind: 'diverged', head, target: newest.node };
  const others = open.filter(({ isInHere }) => !isInHere);
  return others.length > 0 ? several(open) : { kind: 'to', head, target: head };
}

function several(open: readonly Head[]): Course {
  return { kind: 'several', heads: open.map(({ node }) => node) };
}

/** What to tell a person of a course that no update can take. */
export function explainCourse(
  { source }: Checkout,
  { branch }: Followed,
  course: Exclude<Course, { kind: 'to' }>,
): string {
  const name = JSON.stringify(branch);
  switch (course.kind) {
    case 'nothing':
      return `Nothing is checked out in ${source}. To check out the branch ${name}:`;
    case 'elsewhere':
      return `${source} is on the branch ${JSON.stringify(course.branch)}, but the update follows ${name}. To switch back:`;
    case 'diverged':
      return `${source} is at ${course.head} and has commits that are not in ${course.target}, the head of the branch ${name} in the remote repository: they were made here, or were removed there. To follow the branch anyway (they stay in the repository; mode = "reset" always does so):`;
    case 'several':
      return `The branch ${name} of ${source} has more than one open head, and only one can be built: ${course.heads.join(', ')}. Merge the heads, or close those no longer needed (hg commit --close-branch), and push the result.`;
    case 'too-young':
      return `The branch ${name} of ${source} has no commit that is old enough for this build, and the commit that is checked out is not on it.`;
    case 'closed':
      return `The branch ${name} of ${source} was closed by ${course.by}, so it will get no more commits. Follow another branch (set branch in [builds.NAME.update]), or remove the build.`;
  }
}

/**
 * The heads of the branch and what is checked out. What only this repository has is not among them where it matters: where
 * there is more than one, or where one would be followed that is not known to come from the other side. Its phase does not
 * tell: what was pulled from a colleague or pushed to another repository is public, too.
 *
 * @param known what the other side is known to have had, and needs not be asked for
 * @param asOf only what was there then
 */
export async function headsOf(
  checkout: Checkout,
  followed: Followed,
  known: string | undefined,
  asOf?: Date,
): Promise<HeadsResult> {
  const ofBranch = `branch(${inRevset(`literal:${followed.branch}`)})`;
  const then = asOf === undefined ? undefined : `${ofBranch} and date("<${Math.floor(asOf.getTime() / 1000)} 0")`;
  const all = await askHeads(checkout, then === undefined ? `head() and ${ofBranch}` : `heads(${then})`, 'none()');
  if (all.kind === 'failed' || isKnown(all.heads, known)) return all;
  // Where default may be pushed to is another question, and perhaps another server. Secret commits go nowhere.
  const revset = 'roots(outgoing("default") + secret())';
  const roots = await rowsOf(checkout, ['log', '--config', 'paths.default:pushurl=', '-r', revset], ['{node}']);
  if (roots.kind === 'failed') return roots;
  const ours = roots.rows.length === 0 ? 'none()' : `((${texts(roots.rows).join(' + ')})::)`;
  // What was replaced by another commit is over, wherever it came from.
  return askHeads(checkout, `heads((${then ?? ofBranch}) - ${ours} - obsolete())`, `(${ours} + obsolete())`);
}

/** Whether the branch has one head, the other side has it, and nothing that only we have is in the way. */
function isKnown(heads: readonly Head[], known: string | undefined): boolean {
  const ends = heads.filter(({ isOpenHead }) => isOpenHead);
  const newest = ends.length === 0 ? heads.find(({ isClosedHead }) => isClosedHead) : ends[0];
  return ends.length < 2 && newest?.node === known && !heads.some(({ isDraft }) => isDraft);
}

type HeadsResult = { readonly kind: 'heads'; readonly heads: readonly Head[] } | Failed;

async function askHeads(checkout: Checkout, heads: string, ours: string): Promise<HeadsResult> {
  const open = `((${heads}) - closed())`;
  const closed = `max((${heads}) and closed())`;
  const asked = `(${open} + ${closed})`;
  const flag = (revset: string): string => `{ifcontains(rev, revset(${inTemplate(revset)}), "y")}`;
  const flags = [
    open,
    closed,
    'p1()',
    `${asked} and ::p1()`,
    `${asked} and p1()::`,
    `${open} and ::max(${open})`,
    `(p1() + ${asked}) and not public()`,
    `p1() and ${ours}`,
  ];
  const answer = await rowsOf(
    checkout,
    ['log', '-r', `p1() + ${asked}`],
    ['{node}', '{rev}', '{branch}', ...flags.map(flag)],
  );
  return answer.kind === 'failed' ? answer : { kind: 'heads', heads: answer.rows.map(toHead) };
}

function toHead(row: Row): Head {
  const [node = '', rev = '', branch = '', ...flags] = row.map(decodeText);
  const [open, closed, checkedOut, inHere, fromHere, inNewest, draft, ours] = flags.map((flag) => flag === 'y');
  return {
    node,
    rev: Number(rev),
    branch,
    isOpenHead: open === true,
    isClosedHead: closed === true,
    isCheckedOut: checkedOut === true,
    isInHere: inHere === true,
    comesFromHere: fromHere === true,
    isInNewest: inNewest === true,
    isDraft: draft === true,
    isOurs: ours === true,
  };
}

/** A string of a revset. */
function inRevset(text: string): string {
  const hex = (c: string): string => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `"${[...text].map((c) => (c < ' ' || c === '\x7f' || c === '"' || c === '\\' ? hex(c) : c)).join('')}"`;
}

/** A string of an expression in a template, in which a brace would begin another one. */
const inTemplate = (text: string): string => `"${text.replaceAll(/[\\"{]/g, '\\$&')}"`;

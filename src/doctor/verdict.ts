import { join } from 'node:path';
import { AGREEMENT_FILE, STRATEGIES, type Strategy } from '../locks/index.js';
import { shellWord } from '../text/shell-word.js';
import type { Examination } from './examination.js';
import { type Finding, isSame } from './finding.js';
import { judge } from './judgement.js';
import { type Choice, choiceOf, type Side } from './side.js';

/** What one strategy is worth in the directory. */
export type Worth =
  | { readonly kind: 'works' }
  /** It can be used, and goes wrong. */
  | { readonly kind: 'fails'; readonly why: string; readonly excludes: boolean }
  | { readonly kind: 'not possible'; readonly why: string };

export interface Verdict {
  /** Whether the strategy that is chosen by itself works. */
  readonly works: boolean;
  /** The one to use; undefined when none works. */
  readonly recommended: Strategy | undefined;
  readonly strategies: Readonly<Partial<Record<Strategy, Worth>>>;
  /** One sentence. */
  readonly conclusion: string;
  /** What else a person should know. */
  readonly remarks: readonly string[];
}

/** From what may be used everywhere to what works under conditions only. */
const BY_ROBUSTNESS: readonly Strategy[] = ['lockdir', 'cifs', 'fcntl', 'flock'];

/** Decides what to do with a directory from all that was found. */
export function verdictOf(
  sides: readonly [Side] | readonly [Side, Side],
  examination: Exclude<Examination, { readonly kind: 'interrupted' }>,
): Verdict {
  const [here, there] = sides;
  const nothing = { works: false, recommended: undefined, strategies: {}, remarks: [] };
  if (examination.kind === 'unusable') {
    return { ...nothing, conclusion: `No lock can be made in ${here.directory}: ${examination.why}.` };
  }
  const { findings } = examination;
  if (there !== undefined && !findings.some(isSame)) {
    const failed = findings.find((finding) => finding.result.kind === 'failed');
    const conclusion =
      failed?.result.kind === 'failed'
        ? `Whether ${here.directory} and ${there.directory} are the same directory is unknown: ${failed.result.why}.`
        : `${here.directory} and ${there.directory} are not the same directory; --peer takes another mount of the first one.`;
    return { ...nothing, conclusion };
  }
  const strategies = Object.fromEntries(STRATEGIES.map((strategy) => [strategy, worthOf(strategy, findings)]));
  const choice = choiceOf(sides);
  const working = BY_ROBUSTNESS.filter((strategy) => strategies[strategy]?.kind === 'works');
  const works = choice.kind === 'chosen' && choice.strategies.every((strategy) => working.includes(strategy));
  const recommended = works ? choice.strategies[0] : working[0];
  return {
    works,
    recommended,
    strategies,
    conclusion: conclude(sides, choice, strategies, recommended, works),
    remarks: [
      ...(recommended === 'flock' && there === undefined ? [onlyThisHost(here)] : []),
      ...sides.flatMap(mountRemarks),
      ...new Set(findings.flatMap((finding) => judge(finding).remark ?? [])),
    ],
  };
}

/** A strategy works if the lock went from process to process without a fault, and so did what it is built on. */
export function worthOf(strategy: Strategy, findings: readonly Finding[]): Worth {
  const foundations = findings.filter((finding) => {
    switch (finding.check) {
      case 'make directory':
        return strategy === 'lockdir';
      case 'exclusive create':
        return strategy === 'lockdir' || strategy === 'cifs';
      case 'held lock':
      case 'hand-over':
        return finding.strategy === strategy;
      default:
        return false;
    }
  });
  const judgements = foundations.map(judge);
  const problems = judgements.filter(({ outcome }) => outcome === 'problem');
  const together = problems.find((judgement) => judgement.together);
  const [problem] = problems;
  if (problem !== undefined) {
    return { kind: 'fails', why: (together ?? problem).text, excludes: together === undefined };
  }
  const impossible = judgements.find(({ outcome }) => outcome === 'not possible');
  if (impossible !== undefined) return { kind: 'not possible', why: impossible.text };
  if (judgements.length === 0) return { kind: 'not possible', why: 'it was not tested' };
  return { kind: 'works' };
}

function conclude(
  sides: readonly Side[],
  choice: Choice,
  strategies: Verdict['strategies'],
  recommended: Strategy | undefined,
  works: boolean,
): string {
  const [here] = sides;
  const where = sides.length > 1 ? 'between these two mounts' : 'here';
  if (recommended === undefined) {
    const reason = choice.kind === 'chosen' ? reasonAgainst(strategies[choice.strategies[0] ?? 'lockdir']) : choice.why;
    return `Nothing can be locked ${where}: no strategy works (${reason}).`;
  }
  if (works) {
    const warnings = [
      ...warning(strategies, false, `not exclude ${where}`),
      ...warning(strategies, true, `not work ${where}`),
    ];
    return `${[`Use ${recommended} here, the default`, ...warnings].join('; ')}.`;
  }
  const reason =
    choice.kind === 'conflict'
      ? choice.why
      : choice.strategies
          .filter((strategy) => strategies[strategy]?.kind !== 'works')
          .map(
            (strategy) => `${strategy}, the default, does not work ${where} (${reasonAgainst(strategies[strategy])})`,
          )
          .join(', ');
  const how = `while nothing runs: echo ${recommended} > ${shellWord(join(here?.path ?? '.', AGREEMENT_FILE))}`;
  return `Use ${recommended} here: ${reason}; ${how}`;
}

/** Which strategies fail in one of the two ways. */
function warning(strategies: Verdict['strategies'], excludes: boolean, what: string): string[] {
  const failing = STRATEGIES.filter((strategy) => {
    const worth = strategies[strategy];
    return worth?.kind === 'fails' && worth.excludes === excludes;
  });
  return failing.length === 0 ? [] : [`${failing.join(' and ')} ${failing.length > 1 ? 'do' : 'does'} ${what}`];
}

function reasonAgainst(worth: Worth | undefined): string {
  return worth === undefined || worth.kind === 'works' ? 'not tested' : worth.why;
}

function onlyThisHost({ directory }: Side): string {
  return (
    `flock excludes the processes of this host only. If other hosts use ${directory}, too, through NFS or SMB, ` +
    'use lockdir on all of them, and test it with --peer from one of them.'
  );
}

/** What the mount options say that a test on one host cannot show. */
function mountRemarks({ directory, mount, filesystem }: Side): string[] {
  if (mount === undefined || filesystem.reach === 'local') return [];
  const has = (option: RegExp): boolean => mount.options.some((one) => option.test(one));
  return [
    ...(filesystem.name === 'nfs' && has(/^(nolock|local_lock=(all|flock|posix))$/)
      ? [`${directory} is mounted with nolock or local_lock: other hosts do not see its flock or fcntl locks.`]
      : []),
    ...(filesystem.name === 'nfs' && has(/^soft(err|reval)?$/)
      ? [`${directory} is mounted soft: while the server is slow, builds fail with errors; hard waits instead.`]
      : []),
    ...(filesystem.strategy === 'cifs' && has(/^nobrl$/)
      ? [`${directory} is mounted with nobrl: other hosts do not see its flock or fcntl locks.`]
      : []),
  ];
}

import type { Finding } from './finding.js';
import { judge } from './judgement.js';
import { remarkableOptions } from './mount.js';
import type { Side } from './side.js';
import type { Verdict } from './verdict.js';

/** Wide enough for every name of a check. */
const NAME_WIDTH = 24;
const OUTCOME_WIDTH = 'not possible'.length;

/** Which file system a side lies on and what that means, for a person. */
export function describeSide({ directory, filesystem, mount, agreement }: Side): string[] {
  const reach = filesystem.reach === 'local' ? 'local' : 'network';
  const lines = [`${directory}: ${mount?.type ?? filesystem.name}, a ${reach} file system`];
  if (mount !== undefined) {
    const options = remarkableOptions(mount).join(', ');
    lines.push(`  mounted on ${mount.point} from ${mount.source}${options === '' ? '' : ` (${options})`}`);
  }
  switch (agreement.kind) {
    case 'none':
      return [...lines, `  strategy ${filesystem.strategy} by its file system; nothing has been locked in it yet`];
    case 'agreed':
      return [
        ...lines,
        `  strategy ${agreement.strategy}, as its .lock-strategy says${besides(agreement.strategy, filesystem.strategy)}`,
      ];
    case 'unreadable':
      return [...lines, `  ${agreement.why}`];
  }
}

function besides(agreed: string, suggested: string): string {
  return agreed === suggested ? '' : ` (its file system suggests ${suggested})`;
}

/** One line of the table. */
export function describeFinding(finding: Finding): string {
  const { outcome, text } = judge(finding);
  return `  ${nameOf(finding).padEnd(NAME_WIDTH)}${outcome.padEnd(OUTCOME_WIDTH)}  ${text}`;
}

export function describeVerdict({ conclusion, remarks }: Pick<Verdict, 'conclusion' | 'remarks'>): string[] {
  return [conclusion, ...remarks.map((remark) => `- ${remark}`)];
}

/** Everything for a script. */
export function reportOf(sides: readonly Side[], findings: readonly Finding[], verdict: Verdict): object {
  return {
    directories: sides.map(({ mount, ...side }) => ({
      ...side,
      mount: mount === undefined ? null : { ...mount, options: remarkableOptions(mount) },
    })),
    checks: findings.map((finding) => {
      const { outcome, text } = judge(finding);
      return { ...finding, outcome, text };
    }),
    ...verdict,
    recommended: verdict.recommended ?? null,
  };
}

function nameOf(finding: Finding): string {
  switch (finding.check) {
    case 'held lock':
      return `held ${finding.strategy}`;
    case 'hand-over':
      return `hand-over, ${finding.strategy}`;
    default:
      return finding.check;
  }
}

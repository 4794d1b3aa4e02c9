import type { Coordination } from '../../config/project.js';
import { shown } from '../../text/shown.js';
import type { ClusterFacts, EtcdFinding } from './finding.js';
import { judgeEtcd } from './judgement.js';
import { type EtcdVerdict, nameOf } from './verdict.js';

const LONGEST: EtcdFinding['check'] = 'exclusive create';
const OUTCOME_WIDTH = 'problem'.length;

/** What is examined, for a person. */
export function describeCoordination({ endpoints, prefix, login }: Coordination): string[] {
  const who = login === undefined ? 'without a user' : `as user ${login.user}`;
  return [`etcd at ${endpoints.join(', ')}`, `  keys below ${prefix}/, ${who}`];
}

/** One line of the table, as wide as the longest name. */
export function describeEtcdFinding(finding: EtcdFinding, { endpoints }: Coordination): string {
  const { outcome, text } = judgeEtcd(finding);
  const width = Math.max(LONGEST.length, ...endpoints.map((endpoint) => endpoint.length));
  return shown(`  ${nameOf(finding).padEnd(width)}  ${outcome.padEnd(OUTCOME_WIDTH)}  ${text}`);
}

/** Everything for a script. */
export function etcdReport(
  { endpoints, prefix, login }: Coordination,
  findings: readonly EtcdFinding[],
  facts: ClusterFacts,
  verdict: EtcdVerdict,
): object {
  return {
    etcd: { endpoints, prefix, user: login?.user ?? null, members: facts.size ?? null },
    checks: findings.map((finding) => {
      const { outcome, text } = judgeEtcd(finding);
      return { ...finding, outcome, text };
    }),
    ...verdict,
  };
}
